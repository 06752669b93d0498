/** ISO 8601 to epoch ms. `Date.parse` reads more than ISO ('1' is a year, 30 February is 1 March) and takes a time without
 *  a zone as the machine's; here such days are no times, and a time without a zone is UTC wherever the code runs. */

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_TO_1970 = 719_528;
const DAY_MS = 86_400_000;

/** NaN for what is no such time. Fractions finer than a millisecond are cut off. */
export function parseIsoTime(text: string): number {
  const fast = parseCanonical(text);
  return fast === fast ? fast : parseAny(text);
}

/** `YYYY-MM-DDTHH:mm:ss.sssZ` (what `Date.toISOString` writes) without a match array per record. */
function parseCanonical(text: string): number {
  if (text.length !== 24 || text.charCodeAt(23) !== 0x5a || text.charCodeAt(19) !== 0x2e) return NaN;
  if (text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d || text.charCodeAt(10) !== 0x54) return NaN;
  if (text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return NaN;
  const day = daysSince1970(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8));
  const time = timeOfDay(two(text, 11), two(text, 14), two(text, 17));
  return day * DAY_MS + time + digit(text, 20) * 100 + two(text, 21);
}

function parseAny(text: string): number {
  const match = ISO.exec(text);
  if (match === null) return NaN;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const time = timeOfDay(Number(hour), Number(minute), Number(second));
  return daysSince1970(Number(year), Number(month), Number(day)) * DAY_MS + time + ms - zoneOffsetMs(zone);
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return NaN;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function daysSince1970(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1)) return NaN;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > DAYS_IN_MONTH[month - 1]! + (leap && month === 2 ? 1 : 0)) return NaN;
  const before = year - 1;
  const leapDays =
    year === 0 ? 0 : Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + 1;
  const dayOfYear = DAYS_BEFORE_MONTH[month - 1]! + (leap && month > 2 ? 1 : 0) + day - 1;
  return year * 365 + leapDays + dayOfYear - DAYS_TO_1970;
}

function timeOfDay(hour: number, minute: number, second: number): number {
  return hour <= 23 && minute <= 59 && second <= 59 ? (hour * 3600 + minute * 60 + second) * 1000 : NaN;
}

function two(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}
function digit(text: string, at: number): number {
  const code = text.charCodeAt(at) - 0x30;
  return code >= 0 && code <= 9 ? code : NaN;
}
