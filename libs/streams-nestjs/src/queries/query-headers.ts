/** Headers of answers and of requests that are passed on. */
export const QUERY_HEADERS = {
  /** Of an answer: for each partition that was read `<partition>=<changelog offset>`, below which the answer shows everything. */
  position: 'Streams-Position',
  /** Of an answer: how many changelog offsets it is behind, as of a second ago at most. 1 is up to date: the end of a transaction takes
   *  an offset too. Left out when the log does not tell. */
  lagOffsets: 'Streams-Lag-Offsets',
  /** Of a request: the instance that passed it on. Such a request is never passed on again. */
  forwardedBy: 'Streams-Forwarded-By',
} as const;
