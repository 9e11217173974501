#!lua
-- Compare and commit: writes a batch of rows if every row that it was decided on is still the one that was read. It
-- knows nothing of money: what is written was decided in TypeScript (docs/decisions/0008-redis-compare-and-commit.md).
--
-- KEYS[1]   string: the replica whose turn it is, while several compete
-- KEYS[2]   hash: replica -> number of its newest batch
-- KEYS[3…]  hashes: the tables
-- ARGV      replica, number of the batch, milliseconds of the turn that a loser takes, then steps, each name, index in
--           KEYS, count n, and for
--             expect   n fields, then n versions   the row begins with the version and a space; '' expects no row
--             absent   n fields                    there is no such field; looked at when all rows are as expected
--             put      n pairs of field and text
--             drop     n fields
-- Answers   {'applied'} · {'stale'} a later batch of this replica was applied · {'wait', ms} it is another's turn ·
--           {'changed', index in KEYS, field, row or nil, …} the rows that are not as expected · {'taken', field}
--           a field that should be absent. Nothing was written but by 'applied'.

local replica, batch, turnMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

-- A replica that lost the answer asks again under the same number.
local newest = tonumber(redis.call('HGET', KEYS[2], replica) or '0')
if newest == batch then return {'applied'} end
if newest > batch then return {'stale'} end

local turn = redis.call('GET', KEYS[1])
if turn and turn ~= replica then return {'wait', redis.call('PTTL', KEYS[1])} end

local width = {expect = 2, absent = 1, put = 2, drop = 1}

-- Shows every step of these names to `visit`, as index in KEYS, count, and where in ARGV its fields begin and end. Stops
-- at the first answer.
local function each(names, visit)
  local at = 4
  while at <= #ARGV do
    local name, count = ARGV[at], tonumber(ARGV[at + 2])
    local last = at + 2 + count * width[name]
    if names[name] then
      local answer = visit(name, tonumber(ARGV[at + 1]), count, at + 3, last)
      if answer then return answer end
    end
    at = last + 1
  end
end

local changed = {'changed'}
each({expect = true}, function(_, index, count, first)
  local rows = redis.call('HMGET', KEYS[index], unpack(ARGV, first, first + count - 1))
  for i = 1, count do
    local row, version = rows[i], ARGV[first + count + i - 1]
    local same
    if version == '' then
      same = not row
    else
      same = row and string.sub(row, 1, #version + 1) == version .. ' '
    end
    if not same then
      changed[#changed + 1] = index
      changed[#changed + 1] = ARGV[first + i - 1]
      changed[#changed + 1] = row
    end
  end
end)
if #changed > 1 then
  redis.call('SET', KEYS[1], replica, 'PX', turnMs)
  return changed
end

local taken = each({absent = true}, function(_, index, count, first, last)
  local found = redis.call('HMGET', KEYS[index], unpack(ARGV, first, last))
  for i = 1, count do
    if found[i] then return {'taken', ARGV[first + i - 1]} end
  end
end)
if taken then return taken end

each({put = true, drop = true}, function(name, index, _, first, last)
  redis.call(name == 'put' and 'HSET' or 'HDEL', KEYS[index], unpack(ARGV, first, last))
end)
redis.call('HSET', KEYS[2], replica, batch)
if turn then redis.call('DEL', KEYS[1]) end
return {'applied'}
