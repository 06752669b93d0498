/** `2026-01-30 10:00:30`, in the zone of the machine. */
export function localTime(epochMs: number): string {
  const time = new Date(epochMs);
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}
