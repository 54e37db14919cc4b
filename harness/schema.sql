-- The record of a run: runs/NAME/store.sqlite. Tables and columns may be read by others; new versions add, they do not
-- rename. PRAGMA user_version is the version of this schema, PRAGMA application_id is 0x6C656974 ("leit").
--
-- Packed columns (marked "packed") hold TEXT as it is, or, where that is smaller, a BLOB that is one zstd frame of the UTF-8 text.
-- typeof(column) tells which.
--
-- The newest response of a (model, suite, item, sample) is the one with the greatest request_id; reports use that one.

-- Facts about the run: leitai_version, created, run_name, config (resolved YAML), ...
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE models (
  model    TEXT PRIMARY KEY,           -- id, as in requests.model
  position INTEGER NOT NULL,           -- order in the run
  identity TEXT NOT NULL DEFAULT '',   -- resolved configuration that can change an answer; part of every digest
  describe TEXT NOT NULL DEFAULT '',   -- the same in words
  config   TEXT NOT NULL DEFAULT '{}'  -- JSON object, without secrets
) WITHOUT ROWID;

CREATE TABLE suites (
  suite    TEXT PRIMARY KEY,           -- with subset, as in requests.suite
  position INTEGER NOT NULL,
  version  TEXT NOT NULL,
  family   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  language TEXT NOT NULL,              -- '' when mixed
  licence  TEXT NOT NULL,
  publish  TEXT NOT NULL,              -- none, ids, full
  mode     TEXT NOT NULL,              -- chat, completion, loglikelihood
  params   TEXT NOT NULL,              -- JSON object: what the suite wants where the model does not say
  size     INTEGER NOT NULL,           -- items asked, after --limit
  whole    INTEGER NOT NULL,           -- items there are
  floor    REAL NOT NULL,              -- score of a guesser, 0 to 1
  scorer   TEXT NOT NULL,              -- name@version; '' when nothing is graded
  planned  INTEGER NOT NULL            -- items that the plan holds for each model
) WITHOUT ROWID;

CREATE TABLE items (
  item_id INTEGER PRIMARY KEY,
  suite   TEXT NOT NULL,
  item    TEXT NOT NULL,
  body    NOT NULL,                    -- packed: JSON of the item (question, prompt, grading, language, tags, pair)
  language TEXT NOT NULL DEFAULT '',   -- copies of what aggregates need of the body
  tags    TEXT,                        -- JSON list, NULL when there are none
  scorer  TEXT NOT NULL DEFAULT '',    -- '' when the item is not graded
  hash    INTEGER NOT NULL DEFAULT 0,  -- first 8 bytes of the SHA-256 of the body, to see that an item changed
  pair    TEXT NOT NULL DEFAULT '',    -- equal for the same question in another language or wording; '' when it stands alone
  UNIQUE (suite, item)
);

-- Complete prompts as sent, system instruction included; each one once.
CREATE TABLE prompts (
  prompt_id INTEGER PRIMARY KEY,
  digest    BLOB NOT NULL UNIQUE,      -- first 16 bytes of the SHA-256 of the JSON
  body      NOT NULL                   -- packed: JSON {messages, text, continuations, tools}
);

CREATE TABLE requests (
  request_id INTEGER PRIMARY KEY,
  model      TEXT NOT NULL,
  suite      TEXT NOT NULL,
  item       TEXT NOT NULL,
  sample     INTEGER NOT NULL,         -- from 0
  digest     BLOB NOT NULL,            -- SHA-256 over model identity, mode, prompt, sent parameters, sample
  mode       TEXT NOT NULL,            -- chat, completion, loglikelihood
  prompt_id  INTEGER NOT NULL REFERENCES prompts,
  wanted     NOT NULL,                 -- packed: JSON, sampling parameters as wanted
  sent       NOT NULL,                 -- packed: JSON, what was really sent or applied
  seed       INTEGER NOT NULL,         -- unsigned 64 bit, stored as signed
  is_current INTEGER NOT NULL DEFAULT 1,  -- 0: the last run that went through the suite did not want it
  UNIQUE (model, suite, item, sample, digest)
);

-- Facts: one row a request. A row is never rewritten, but for the outcome `failed`, which a newer outcome replaces.
CREATE TABLE responses (
  request_id        INTEGER PRIMARY KEY REFERENCES requests,
  outcome           TEXT NOT NULL CHECK (outcome IN ('answered', 'truncated', 'filtered', 'empty', 'failed')),
  kind              TEXT,              -- why it failed: auth, rate_limit, ...; NULL unless failed
  message           TEXT,              -- the failure in words, or the service's sentence about a refusal
  http_status       INTEGER,
  finish_reason     TEXT,              -- stop, length, filtered, tool; NULL: none given
  text              NOT NULL,          -- packed: the raw answer
  reasoning,                           -- packed: what arrived apart from the answer; NULL: nothing
  prompt_tokens     INTEGER,           -- tokens as counted by whoever answered; NULL: not told
  completion_tokens INTEGER,           -- reasoning included
  reasoning_tokens  INTEGER,
  cached_tokens     INTEGER,
  ttft_ms           REAL,
  total_ms          REAL,
  queued_ms         REAL,
  cost              REAL,              -- as charged, in `currency`
  currency          TEXT,              -- ISO 4217
  served_model      TEXT,
  attempts          INTEGER NOT NULL,
  logprobs,                            -- packed: JSON [[token, logprob], ...]; NULL: not asked for
  continuations,                       -- packed: JSON {logprobs, greedy, tokens}, log-likelihood mode; a null logprob is minus infinity
  created_at        INTEGER NOT NULL,  -- when it was stored, milliseconds since 1970 UTC
  blocked           TEXT,              -- filtered: 'input' or 'output'; NULL: nobody knows
  code              TEXT,              -- the service's word for an error or a refusal
  service_id        TEXT,              -- the service's own name of the call
  fingerprint       TEXT,              -- of the build that answered, as it says
  upstream          TEXT,              -- host behind a reseller
  body_sha256       TEXT,              -- of the body's bytes as they came, in hex
  sent_at           INTEGER,           -- first byte of the request, milliseconds since 1970 UTC
  answer_ttft_ms    REAL,              -- like ttft_ms, to the first answer text
  last_text_ms      REAL,              -- to the last text
  gap_p50_ms        REAL,              -- between two events with text: median, 99th percentile
  gap_p99_ms        REAL,
  text_events       INTEGER,           -- how many there were
  retry_cost        REAL,              -- the part of `cost` that bought no answer
  assumed_tokens    INTEGER,           -- what a budget counted where the service told no usage
  assumed_cost      REAL,              -- likewise, in `assumed_currency`
  assumed_currency  TEXT,
  CHECK ((outcome = 'failed') = (kind IS NOT NULL))
);

CREATE TRIGGER responses_are_facts BEFORE UPDATE ON responses WHEN old.outcome <> 'failed'
BEGIN SELECT RAISE(ABORT, 'a stored response is never rewritten'); END;

CREATE TRIGGER responses_stay BEFORE DELETE ON responses WHEN old.outcome <> 'failed'
BEGIN SELECT RAISE(ABORT, 'a stored response is never removed'); END;

-- Opinions on responses; may be given again. The newest (graded_at) of a response counts.
CREATE TABLE scores (
  request_id INTEGER NOT NULL REFERENCES responses,
  scorer     TEXT NOT NULL,            -- name
  version    TEXT NOT NULL,            -- of the scorer: '1'
  status     TEXT NOT NULL,            -- CORRECT, INCORRECT, ...
  score      REAL,                     -- 0 to 1; NULL: none could be given
  extracted  TEXT,
  tier       TEXT,                     -- rule that fired
  span_begin INTEGER,                  -- bytes of the raw text
  span_end   INTEGER,
  flags      TEXT,                     -- JSON list; NULL: none
  why        TEXT,
  graded_at  INTEGER NOT NULL,         -- milliseconds since 1970 UTC
  PRIMARY KEY (request_id, scorer)
) WITHOUT ROWID;

CREATE TABLE events (
  event_id   INTEGER PRIMARY KEY,
  at         TEXT NOT NULL,            -- ISO 8601, UTC
  kind       TEXT NOT NULL,            -- failed_before, interrupted, ...
  request_id INTEGER,                  -- NULL: of the whole run
  body       TEXT NOT NULL             -- JSON object
);
