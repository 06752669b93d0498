/** Durations in milliseconds, readable where they are written: `seconds(30)`. */
export function seconds(count: number): number {
  return count * 1_000;
}
export function minutes(count: number): number {
  return count * 60_000;
}
export function hours(count: number): number {
  return count * 3_600_000;
}
export function days(count: number): number {
  return count * 86_400_000;
}
