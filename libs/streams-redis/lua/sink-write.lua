--[[
  Writes the rows of a batch and moves the position, wholly or not at all, unless a newer owner has opened the partition. It can be
  sent twice: writes of an owner are counted.

  KEYS[1] position (hash: epoch, owner, writes, offset, rejected)
  KEYS[2...] the key of each row, in order; streams may be named many times
  ARGV[1] owner, ARGV[2] epoch, ARGV[3] number of this write, from 1
  ARGV[4] next offset, ARGV[5] rejected offsets as JSON
  ARGV[6] what a row is: hash, string, stream
  ARGV[7] ms after which a row expires, ARGV[8] length to which streams are trimmed, about; empty: not
  ARGV[9...] for each key of KEYS[2...] the number of its values, then those: fields and values of a hash or of an entry; the value of
          a string; none: the row is deleted

  returns  1 written   0 written already   -1 fenced   -2 the position is not where this owner left it: the server has lost writes
  errors   HFSSINKTYPE <key>: it is of another type; nothing was changed

  A script has no rollback, so everything that can fail comes before the first write, which moves the position: at maxmemory it is the
  one that is refused.
]]
-- Lua cannot unpack more than some 8,000 values onto its stack.
local MAX_ARGUMENTS = 4000

local position = KEYS[1]
local stored = redis.call('HMGET', position, 'owner', 'epoch', 'writes')
local write = tonumber(ARGV[3])
if stored[1] ~= ARGV[1] then
  return tonumber(stored[2] or 0) >= tonumber(ARGV[2]) and -1 or -2
end
if tonumber(stored[3]) == write then return 0 end
if tonumber(stored[3]) ~= write - 1 then return -2 end

local kind, ttl, max_length = ARGV[6], ARGV[7], ARGV[8]
for i = 2, #KEYS do
  if kind == 'stream' then
    local found = redis.call('TYPE', KEYS[i])['ok']
    if found ~= 'stream' and found ~= 'none' then return redis.error_reply('HFSSINKTYPE ' .. KEYS[i] .. ' is a ' .. found) end
  end
end

-- Writes only from here on.
redis.call('HSET', position, 'writes', write, 'offset', ARGV[4], 'rejected', ARGV[5])
local at = 9
for i = 2, #KEYS do
  local key, count = KEYS[i], tonumber(ARGV[at])
  local first, last = at + 1, at + count
  at = last + 1
  if count == 0 then
    redis.call('UNLINK', key)
  elseif kind == 'string' then
    redis.call('SET', key, ARGV[first])
  elseif kind == 'hash' then
    redis.call('UNLINK', key)
    for from = first, last, MAX_ARGUMENTS do
      redis.call('HSET', key, unpack(ARGV, from, math.min(from + MAX_ARGUMENTS - 1, last)))
    end
  elseif max_length ~= '' then
    redis.call('XADD', key, 'MAXLEN', '~', max_length, '*', unpack(ARGV, first, last))
  else
    redis.call('XADD', key, '*', unpack(ARGV, first, last))
  end
  if ttl ~= '' and count > 0 then redis.call('PEXPIRE', key, ttl) end
end
return 1
