/** The object, with some of its members replaced. */
export function instead<T extends object>(target: T, others: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name: string & keyof T) => {
      if (name in others) return others[name];
      const value = target[name];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
}
