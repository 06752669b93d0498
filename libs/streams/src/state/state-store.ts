export interface StateStore {
  readonly name: string;
}
