// What programs expect of node beside the language, in their own realm and of plain JavaScript: no function of the
// judge is in it. Time does not pass by itself: timers run when a check waits for a promise.
(function () {
  'use strict';
  const timers = [];
  let now = 0, made = 0;
  const later = (action, delay, args, every) => {
    const timer = { ref() { return timer; }, unref() { return timer; }, hasRef: () => true, refresh() { return timer; } };
    timers.push({ timer, number: ++made, action, args, at: now + Math.max(1, Number(delay) || 0), every });
    return timer;
  };
  const cancel = (timer) => {
    const at = timers.findIndex((one) => one.timer === timer);
    if (at >= 0) timers.splice(at, 1);
  };
  globalThis.setTimeout = (action, delay, ...args) => later(action, delay, args, 0);
  globalThis.setImmediate = (action, ...args) => later(action, 0, args, 0);
  globalThis.setInterval = (action, delay, ...args) => later(action, delay, args, Math.max(1, Number(delay) || 0));
  globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = cancel;
  const resolved = Promise.resolve();
  globalThis.queueMicrotask = (action) => { resolved.then(() => action()); };
  const tick = () => {
    if (timers.length === 0) return false;
    timers.sort((a, b) => a.at - b.at || a.number - b.number);
    const first = timers[0];
    now = first.at;
    if (first.every) first.at = now + first.every; else timers.shift();
    first.action(...first.args);
    return true;
  };

  globalThis.structuredClone = (value) => {
    const seen = new Map();
    const copy = (v) => {
      if (typeof v === 'function' || typeof v === 'symbol') throw new Error('could not be cloned');
      if (typeof v !== 'object' || v === null) return v;
      if (seen.has(v)) return seen.get(v);
      if (v instanceof Date) return new Date(v.getTime());
      if (v instanceof RegExp) return new RegExp(v.source, v.flags);
      if (ArrayBuffer.isView(v) && !(v instanceof DataView)) return v.slice();
      const out = Array.isArray(v) ? [] : v instanceof Map ? new Map() : v instanceof Set ? new Set() : {};
      seen.set(v, out);
      if (v instanceof Map) for (const [k, one] of v) out.set(copy(k), copy(one));
      else if (v instanceof Set) for (const one of v) out.add(copy(one));
      else for (const k of Object.keys(v)) out[k] = copy(v[k]);
      if (Array.isArray(v)) out.length = v.length;
      return out;
    };
    return copy(value);
  };

  // ---- digests of texts and bytes ------------------------------------------------------------------
  const bytes_of = (data) => {
    if (typeof data !== 'string') return Array.from(data);
    const out = [];
    for (const letter of data) {
      const c = letter.codePointAt(0);
      if (c < 0x80) out.push(c);
      else if (c < 0x800) out.push(0xc0 | c >> 6, 0x80 | c & 63);
      else if (c < 0x10000) out.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63);
      else out.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63);
    }
    return out;
  };
  const blocks_of = (bytes, is_little) => {  // words of 512-bit blocks with length at the end
    const data = bytes.concat(0x80), bits = bytes.length * 8;
    while (data.length % 64 !== 56) data.push(0);
    const size = [];
    for (let i = 0; i < 8; i++) size.push(Math.floor(bits / 2 ** (8 * i)) & 255);
    data.push(...(is_little ? size : size.reverse()));
    const words = [];
    for (let i = 0; i < data.length; i += 4) {
      const four = data.slice(i, i + 4);
      const [a, b, c, d] = is_little ? four.reverse() : four;
      words.push(a << 24 | b << 16 | c << 8 | d);
    }
    return words;
  };
  const left = (x, n) => x << n | x >>> (32 - n);
  const spread = (words, is_little) => words.flatMap((w) => {
    const four = [w >>> 24, w >>> 16 & 255, w >>> 8 & 255, w & 255];
    return is_little ? four.reverse() : four;
  });
  const md5 = (bytes) => {
    const turns = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    const state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476], words = blocks_of(bytes, true);
    for (let at = 0; at < words.length; at += 16) {
      let [a, b, c, d] = state;
      for (let i = 0; i < 64; i++) {
        const round = i >> 4;
        const f = [b & c | ~b & d, d & b | ~d & c, b ^ c ^ d, c ^ (b | ~d)][round];
        const g = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] % 16;
        const sum = a + f + Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) + words[at + g] | 0;
        [a, b, c, d] = [d, b + left(sum, turns[round][i % 4]) | 0, b, c];
      }
      [a, b, c, d].forEach((one, i) => { state[i] = state[i] + one | 0; });
    }
    return spread(state, true);
  };
  const sha1 = (bytes) => {
    const state = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0], all = blocks_of(bytes, false);
    for (let at = 0; at < all.length; at += 16) {
      const w = all.slice(at, at + 16);
      for (let i = 16; i < 80; i++) w[i] = left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
      let [a, b, c, d, e] = state;
      for (let i = 0; i < 80; i++) {
        const round = Math.floor(i / 20);
        const f = [b & c | ~b & d, b ^ c ^ d, b & c | b & d | c & d, b ^ c ^ d][round];
        const k = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][round];
        [a, b, c, d, e] = [left(a, 5) + f + e + k + w[i] | 0, a, left(b, 30), c, d];
      }
      [a, b, c, d, e].forEach((one, i) => { state[i] = state[i] + one | 0; });
    }
    return spread(state, false);
  };
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const part = (x) => Math.floor((x - Math.floor(x)) * 2 ** 32) | 0;
  const sha256 = (bytes) => {
    const k = primes.map((p) => part(Math.cbrt(p))), state = primes.slice(0, 8).map((p) => part(Math.sqrt(p)));
    const right = (x, n) => left(x, 32 - n), all = blocks_of(bytes, false);
    for (let at = 0; at < all.length; at += 16) {
      const w = all.slice(at, at + 16);
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (right(x, 7) ^ right(x, 18) ^ x >>> 3) + w[i - 7] + (right(y, 17) ^ right(y, 19) ^ y >>> 10) | 0;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const one = h + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + (e & f ^ ~e & g) + k[i] + w[i] | 0;
        const two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
        [a, b, c, d, e, f, g, h] = [one + two | 0, a, b, c, d + one | 0, e, f, g];
      }
      [a, b, c, d, e, f, g, h].forEach((one, i) => { state[i] = state[i] + one | 0; });
    }
    return spread(state, false);
  };
  const digests = { md5, sha1, sha256 };
  const base64 = (bytes) => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    let out = '';
    for (let i = 0; i < bytes.length; i += 3) {
      const n = bytes[i] << 16 | (bytes[i + 1] || 0) << 8 | (bytes[i + 2] || 0);
      for (let j = 0; j < 4; j++) out += i + j > bytes.length ? '=' : letters[n >> (18 - 6 * j) & 63];
    }
    return out;
  };
  const createHash = (name) => {
    const digest = digests[String(name).toLowerCase().replace('-', '')];
    if (!digest) throw new Error('no digest ' + name + ' in the sandbox');
    let data = [];
    const hash = {
      update(more) { data = data.concat(bytes_of(more)); return hash; },
      digest(form) {
        const out = digest(data);
        if (form === 'hex') return out.map((b) => b.toString(16).padStart(2, '0')).join('');
        return form === 'base64' ? base64(out) : Uint8Array.from(out);
      } };
    return hash;
  };

  // ---- modules ---------------------------------------------------------------------------------------
  const shown = (v) => { try { return typeof v === 'string' ? v : JSON.stringify(v) ?? String(v); } catch (e) { return String(v); } };
  const same = (a, b) => {
    if (Object.is(a, b)) return true;
    if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
    if (a instanceof Date || b instanceof Date) return a instanceof Date && b instanceof Date && +a === +b;
    if (a instanceof Map && b instanceof Map) return same([...a], [...b]);
    if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((one) => b.has(one));
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((k) => k in b && same(a[k], b[k]));
  };
  const hold = (holds, text) => {
    if (holds) return;
    if (text instanceof Error) throw text;
    throw Object.assign(new Error(text === undefined ? 'assertion failed' : String(text)), { name: 'AssertionError' });
  };
  const equal = (a, b, text) => hold(Object.is(a, b), text), deep = (a, b, text) => hold(same(a, b), text);
  const throws = (action) => { try { action(); } catch (e) { return; } hold(false, 'nothing was thrown'); };
  const assert = Object.assign((holds, text) => hold(holds, text), { ok: hold, equal: (a, b, text) => hold(a == b, text),
    notEqual: (a, b, text) => hold(a != b, text), strictEqual: equal, notStrictEqual: (a, b, text) => hold(!Object.is(a, b), text),
    deepEqual: deep, deepStrictEqual: deep, notDeepStrictEqual: (a, b, text) => hold(!same(a, b), text), throws,
    fail(text) { hold(false, text); } });
  assert.strict = assert;
  const performance = { now: () => Date.now() % 1e7, timeOrigin: 0, mark() {}, measure() {} };
  globalThis.performance = performance;
  class EventEmitter {
    on(name, action) { ((this._heard ??= {})[name] ??= []).push(action); return this; }
    addListener(name, action) { return this.on(name, action); }
    once(name, action) {
      const once = (...all) => { this.off(name, once); action(...all); };
      return this.on(name, once);
    }
    off(name, action) { if (this._heard?.[name]) this._heard[name] = this._heard[name].filter((one) => one !== action); return this; }
    emit(name, ...all) { for (const one of [...(this._heard?.[name] ?? [])]) one.apply(this, all); return !!this._heard?.[name]?.length; }
  }
  EventEmitter.EventEmitter = EventEmitter;
  const input = Object.assign(new EventEmitter(), { setEncoding() { return this; }, resume() { return this; }, pause() { return this; } });
  const lines = () => Object.assign(new EventEmitter(), { question() {}, close() {}, setPrompt() {}, prompt() {},
    async *[Symbol.asyncIterator]() {} });
  Object.assign(globalThis.process, { stdin: input, stderr: { write: () => true }, platform: 'linux', version: 'v18.0.0',
    versions: {}, uptime: () => 0, cwd: () => '/', exitCode: 0,
    nextTick(action, ...all) { globalThis.queueMicrotask(() => action(...all)); },
    hrtime: Object.assign(() => [Math.floor(Date.now() / 1000), 0], { bigint: () => BigInt(Date.now()) * 1000000n }),
    memoryUsage: () => ({ heapUsed: 0, heapTotal: 0, rss: 0, external: 0 }) });
  const modules = {
    assert,
    crypto: { createHash, getHashes: () => Object.keys(digests), randomInt: (a, b) => b === undefined
      ? Math.floor(Math.random() * a) : a + Math.floor(Math.random() * (b - a)) },
    events: EventEmitter,
    fs: { readFileSync: () => '', existsSync: () => false },
    os: { EOL: '\n', cpus: () => [] },
    perf_hooks: { performance },
    process: globalThis.process,
    readline: { createInterface: lines },
    timers: { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate },
    'timers/promises': { setTimeout: (delay, value) => new Promise((done) => { globalThis.setTimeout(done, delay, value); }) },
    util: { inspect: shown, isDeepStrictEqual: same, format: (...all) => all.map(shown).join(' '), inherits(a, b) {
      Object.setPrototypeOf(a.prototype, b.prototype); }, promisify: (f) => (...all) => new Promise((done, fail) => {
      f(...all, (error, value) => error ? fail(error) : done(value)); }) } };
  modules['assert/strict'] = assert;
  globalThis.require = (name) => {
    const module = modules[String(name).replace(/^node:/, '')];
    if (!module) throw new Error('no module ' + name + ' in the sandbox');
    return module;
  };
  return { tick };
})()
