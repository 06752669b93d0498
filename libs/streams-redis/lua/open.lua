--[[
  Takes a store partition: from here on every older owner is fenced. What cannot be what an owner has left is emptied: the changelog
  has it all. Found are keys of another type, numbers that are none, windows that are gone or came from elsewhere, and segments with
  more or fewer entries than were written. Values are not looked at.

  KEYS[1] meta (hash: epoch, offset, layout, counted)   KEYS[2] windows (sorted set of window starts)
  KEYS[3] counts (hash: entries by window start; '' of a key-value store)   KEYS[4] key-value entries (hash)
  ARGV[1] layout: the form of the keys and the kind of store
  ARGV[2] key of a window's hash without its start

  returns { epoch of the new owner, changelog offset as decimal digits or nil when nothing is stored, damage or nil }
  errors  HFSLAYOUT <stored layout>: written by another version or as another kind of store; nothing was changed
]]
local MAX_KEYS = 1000

local meta, windows, counts, entries = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local window_prefix = ARGV[2]

local function has_type(key, wanted)
  local found = redis.call('TYPE', key)['ok']
  return found == wanted or found == 'none', found
end

local function is_number(text)
  return not text or string.match(text, '^%d+$') ~= nil
end

local function segment_damage(start, key)
  local fits, found = has_type(key, 'hash')
  if not fits then return key .. ' is a ' .. found end
  local count = redis.call('HLEN', key)
  local wanted = tonumber(redis.call('HGET', counts, start) or 0)
  if count ~= wanted then return key .. ' has ' .. count .. ' entries, ' .. tostring(wanted) .. ' were written' end
end

-- Why the partition cannot be used; nil when it can.
local function damage()
  for key, wanted in pairs({ [meta] = 'hash', [windows] = 'zset', [counts] = 'hash', [entries] = 'hash' }) do
    local fits, found = has_type(key, wanted)
    if not fits then return key .. ' is a ' .. found end
  end
  local stored = redis.call('HMGET', meta, 'epoch', 'offset', 'counted')
  if not is_number(stored[1]) then return 'its epoch is no number' end
  if not is_number(stored[2]) then return 'its changelog offset is no number' end
  if not stored[2] and redis.call('EXISTS', windows, counts, entries) > 0 then return 'its changelog offset is gone' end
  if not stored[3] then return nil end
  local starts = redis.call('ZRANGE', windows, 0, -1)
  local own = segment_damage('', entries)
  if own then return own end
  if #starts + redis.call('HEXISTS', counts, '') ~= redis.call('HLEN', counts) then return 'windows are missing from its list' end
  for _, start in ipairs(starts) do
    local found = segment_damage(start, window_prefix .. start)
    if found then return found end
  end
end

-- Every window that either list names.
local function window_keys()
  local starts = {}
  if redis.call('TYPE', windows)['ok'] == 'zset' then starts = redis.call('ZRANGE', windows, 0, -1) end
  if redis.call('TYPE', counts)['ok'] == 'hash' then
    for _, start in ipairs(redis.call('HKEYS', counts)) do starts[#starts + 1] = start end
  end
  return starts
end

local function empty()
  local starts = window_keys()
  for i = 1, #starts, MAX_KEYS do
    local keys = {}
    for j = i, math.min(i + MAX_KEYS - 1, #starts) do keys[#keys + 1] = window_prefix .. starts[j] end
    redis.call('UNLINK', unpack(keys))
  end
  redis.call('UNLINK', windows, counts, entries)
end

local is_hash = redis.call('TYPE', meta)['ok'] == 'hash'
local layout = is_hash and redis.call('HGET', meta, 'layout')
if layout and layout ~= ARGV[1] and string.match(layout, '^%a+%-%d+$') then
  return redis.error_reply('HFSLAYOUT ' .. layout)
end

local why = layout and layout ~= ARGV[1] and 'its layout is unknown' or damage()
if not why then
  local epoch = redis.call('HINCRBY', meta, 'epoch', 1)
  redis.call('HSET', meta, 'layout', ARGV[1])
  return { epoch, redis.call('HGET', meta, 'offset'), false }
end

-- An epoch that cannot be read was lower than the seconds since 1970: owners count from 1.
local former = is_hash and tonumber(redis.call('HGET', meta, 'epoch')) or tonumber(redis.call('TIME')[1])
empty()
redis.call('UNLINK', meta)
redis.call('HSET', meta, 'epoch', string.format('%.0f', former + 1), 'layout', ARGV[1])
return { former + 1, false, why }
