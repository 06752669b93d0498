/** What an operator has made of the row before: nothing, if the function of the user failed for it when it came. That row was a dead
 *  letter and was not passed on; so there is nothing to take back, and the row that follows must not fail for it. */
export function madeBefore<T>(
  make: (row: unknown, key: unknown) => T | null,
  previous: unknown,
  key: unknown,
): T | null {
  try {
    return make(previous, key);
  } catch {
    return null;
  }
}
