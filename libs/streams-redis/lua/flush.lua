--[[
  Applies one committed range of the changelog, wholly or not at all: unless a newer owner has opened the partition, and only
  where the range continues the offset that is stored.

  KEYS[1] meta (hash: epoch, offset, layout, counted: present when counts are kept, from the first flush on)
  KEYS[2] windows (sorted set of the window starts that have entries)
  KEYS[3] counts (hash: entries by window start; '' of a key-value store)
  KEYS[4...] the hash of each segment that is written
  ARGV[1] epoch of the caller
  ARGV[2] changelog offset it continues from, ARGV[3] offset after it: decimal digits, only ever compared as text (a Lua
          number is a double)
  ARGV[4] windows that start before this are removed; empty: none. No segment of KEYS may be one of them.
  ARGV[5] key of a window's hash without its start. Expired windows are asked of the index, as only it knows them all; their
          keys share the hash tag of KEYS, so they lie in the same slot of a Redis Cluster.
  ARGV[6...] for each segment of KEYS[4...] a pair: window start (empty: key-value), packed entries
          `keyLength u32 BE | key | valueLength u32 BE (0xffffffff: delete, no bytes) | value`

  returns  1 applied   0 applied already   -1 fenced   -2 gap, also for a segment that has not the entries that were written: its
           next owner finds the damage when it opens the partition
  errors   HFSPACKED: the packed entries do not end where their bytes end; nothing was changed

  A script has no rollback, so everything that can fail comes before the first write: answers, parsing, and reaching the expired
  windows (a slot on the move hides some of its keys). At maxmemory Redis refuses the first write that may grow memory and lets
  later ones pass: a flush without expiry is refused whole, one that removes windows is let through, as it makes room.
]]
local DELETED = 4294967295
-- Lua cannot unpack more than some 8,000 values onto its stack.
local MAX_ARGUMENTS = 2002
local MAX_KEYS = 1000
local FIRST = 4

local meta, windows, counts = KEYS[1], KEYS[2], KEYS[3]
local epoch, from, to, expire_before, window_prefix = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local stored = redis.call('HMGET', meta, 'epoch', 'offset', 'counted')
if stored[1] and not tonumber(stored[1]) then return -2 end
if tonumber(stored[1] or 0) > tonumber(epoch) then return -1 end
local offset = stored[2] or '0'
if offset ~= from then return offset == to and 0 or -2 end

-- Appends to `calls` what writes the entries, in their order, many to a call.
local function parse(calls, key, packed)
  local at, size = 1, #packed
  local call, count
  while at <= size do
    local field, length, value_at = struct.unpack('>I4c0I4', packed, at)
    local command = length == DELETED and 'HDEL' or 'HSET'
    if not call or call[1] ~= command or count >= MAX_ARGUMENTS then
      call, count = { command, key }, 2
      calls[#calls + 1] = call
    end
    count = count + 1
    call[count] = field
    at = value_at
    if length ~= DELETED then
      count = count + 1
      at = value_at + length
      call[count] = string.sub(packed, value_at, at - 1)
    end
  end
  return at == size + 1
end

local counted = stored[3] or not stored[2]
local calls = {}
for i = FIRST, #KEYS do
  if not parse(calls, KEYS[i], ARGV[2 * (i - FIRST) + 7]) then
    return redis.error_reply('HFSPACKED the last entry is cut off')
  end
  if counted and redis.call('HLEN', KEYS[i]) ~= tonumber(redis.call('HGET', counts, ARGV[2 * (i - FIRST) + 6]) or 0) then
    return -2
  end
end

local expired = {}
if expire_before ~= '' then
  local starts = redis.call('ZRANGEBYSCORE', windows, '-inf', '(' .. expire_before)
  for i = 1, #starts, MAX_KEYS do
    local keys = {}
    for j = i, math.min(i + MAX_KEYS - 1, #starts) do keys[#keys + 1] = window_prefix .. starts[j] end
    redis.call('EXISTS', unpack(keys))
    expired[#expired + 1] = { keys = keys, starts = { unpack(starts, i, math.min(i + MAX_KEYS - 1, #starts)) } }
  end
end

-- Writes only from here on.
for _, some in ipairs(expired) do
  redis.call('UNLINK', unpack(some.keys))
  redis.call('HDEL', counts, unpack(some.starts))
end
if #expired > 0 then redis.call('ZREMRANGEBYSCORE', windows, '-inf', '(' .. expire_before) end
for _, call in ipairs(calls) do redis.call(unpack(call)) end
for i = FIRST, #KEYS do
  local start = ARGV[2 * (i - FIRST) + 6]
  local count = redis.call('HLEN', KEYS[i])
  if start ~= '' then
    if count > 0 then
      redis.call('ZADD', windows, start, start)
    else
      redis.call('ZREM', windows, start)
    end
  end
  if counted then
    if count > 0 then
      redis.call('HSET', counts, start, count)
    else
      redis.call('HDEL', counts, start)
    end
  end
end
redis.call('HSET', meta, 'epoch', epoch, 'offset', to)
if counted and not stored[3] then redis.call('HSET', meta, 'counted', 1) end
return 1
