// Native ESM. Packages resolve to their sources by the `hf-source` condition, so tests need no build.
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  testEnvironmentOptions: { customExportConditions: ['hf-source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/libs/[^/]+/dist/'],
};

export default {
  // Only against tests that hang: on a busy machine, one that takes a second may take ten.
  testTimeout: 30_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{libs,src,examples,scripts,test/style,test/simulation,test/chaos,test/exactness,test/differential}/**/*.spec.ts',
      ],
      // The starter's own: they run in what is made of it.
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/libs/create-streams/(template|variants)/'],
    },
    { ...base, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.int-spec.ts'] },
    { ...base, displayName: 'simulation', testMatch: ['<rootDir>/test/simulation/**/*.sim-spec.ts'] },
    { ...base, displayName: 'differential', testMatch: ['<rootDir>/test/differential/**/*.diff-spec.ts'] },
    { ...base, displayName: 'helm', testMatch: ['<rootDir>/test/helm/**/*.helm-spec.ts'] },
    { ...base, displayName: 'kube', testMatch: ['<rootDir>/test/kube/**/*.kube-spec.ts'] },
    { ...base, displayName: 'starter', testMatch: ['<rootDir>/test/starter/**/*.starter-spec.ts'] },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
    { ...base, displayName: 'chaos', testMatch: ['<rootDir>/test/chaos/**/*.chaos-spec.ts'] },
    { ...base, displayName: 'exactness', testMatch: ['<rootDir>/test/exactness/**/*.exact-spec.ts'] },
  ],
};
