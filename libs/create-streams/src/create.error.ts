/** Why no service was made, and what to do about it. */
export class CreateError extends Error {
  override readonly name = 'CreateError';
}
