--[[
  Removes everything of a store partition, as if it had never been opened: also the epoch and the layout. For whoever knows that it
  has no owner.

  KEYS[1] meta (hash: epoch, offset, layout, counted)   KEYS[2] windows (sorted set of window starts)
  KEYS[3] counts (hash: entries by window start)   KEYS[4] key-value entries (hash)
  ARGV[1] key of a window's hash without its start

  returns  the number of keys that were removed
]]
local MAX_KEYS = 1000

local meta, windows, counts, entries = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local starts = {}
if redis.call('TYPE', windows)['ok'] == 'zset' then starts = redis.call('ZRANGE', windows, 0, -1) end
if redis.call('TYPE', counts)['ok'] == 'hash' then
  for _, start in ipairs(redis.call('HKEYS', counts)) do
    if start ~= '' then starts[#starts + 1] = start end
  end
end

local chunks = {}
for i = 1, #starts, MAX_KEYS do
  local keys = {}
  for j = i, math.min(i + MAX_KEYS - 1, #starts) do keys[#keys + 1] = ARGV[1] .. starts[j] end
  redis.call('EXISTS', unpack(keys)) -- a slot on the move hides some keys: fail before the first write
  chunks[#chunks + 1] = keys
end

local removed = redis.call('UNLINK', meta, windows, counts, entries)
for _, keys in ipairs(chunks) do removed = removed + redis.call('UNLINK', unpack(keys)) end
return removed
