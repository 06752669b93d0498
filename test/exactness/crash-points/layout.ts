/** How the reference application is laid out, as far as tests look into it. */
export const NUM_PARTITIONS = 2;
export const STORE = 'sensor-stats';

export interface CaseTopics {
  readonly output: string;
  readonly alerts: string;
  readonly deadLetters: string;
  readonly changelog: string;
}

export function topicsOf(applicationId: string): CaseTopics {
  return {
    output: `${applicationId}-out`,
    alerts: `${applicationId}-alerts`,
    deadLetters: `${applicationId}-dead-letters`,
    changelog: `${applicationId}-${STORE}-changelog`,
  };
}
