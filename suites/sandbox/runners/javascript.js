// Runs the checks of a JavaScript program. The program lives in a realm of its own that holds no object of this one;
// its results are copied here as plain data, so nothing that it patches takes part in a comparison.
'use strict';
const fs = require('fs');
const vm = require('vm');
const { types } = require('util');

const [nonce, entry, program, tests, modules] = JSON.parse(fs.readFileSync(3, 'utf8'));

function tell(status, text) {
  drain();
  fs.writeSync(4, nonce + '\n' + status + '\n' + String(text).slice(0, 500));
  process.reallyExit(0);
}

const realm = vm.createContext(Object.create(null));
// Made inside, before the program, which gets no function of ours: one that threw, be it for want of stack, would
// hand it an error of our realm and with it all the rest. What it prints is kept there until we take it. No error
// keeps a stack, as that is written by a function of ours.
const inside = vm.runInContext(`(function () {
  const most = 1 << 21;
  let printed = '', size = 0;
  const say = (file, text) => {
    size += text.length;
    if (size > most) throw new Error('too much output');
    printed += file + text.length + ':' + text;
  };
  const text = (v) => { try { return typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v); } catch (e) { return '?'; } };
  const print = (file) => (...all) => { say(file, all.map(text).join(' ') + '\\n'); };
  globalThis.console = { log: print('o'), info: print('o'), debug: print('o'), error: print('e'), warn: print('e'), trace: print('e'),
    table: print('o'), assert() {}, time() {}, timeEnd() {} };
  globalThis.process = { exit() { throw new Error('process.exit'); }, argv: [], env: {}, on() {},
    stdout: { write(t) { say('o', '' + t); return true; } } };
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  globalThis.global = globalThis;
  Object.defineProperty(Error, 'stackTraceLimit', { value: undefined, writable: false, configurable: false });
  delete globalThis.WebAssembly;
  // import() is a function of ours too: code that is made of text may not have it.
  const indexOf = Function.prototype.call.bind(String.prototype.indexOf), construct = Reflect.construct, evaluate = eval;
  const then = Function.prototype.call.bind(Promise.prototype.then);
  const safe = (t) => {
    const code = '' + t;
    if (indexOf(code, 'import') >= 0) throw new Error('no modules in the sandbox');
    return code;
  };
  globalThis.eval = (t) => typeof t === 'string' ? evaluate(safe(t)) : t;
  for (const one of [function () {}, async function () {}, function* () {}, async function* () {}]) {
    const prototype = Object.getPrototypeOf(one), native = prototype.constructor;
    const made = function Function(...all) {
      for (let i = 0; i < all.length; i++) all[i] = safe(all[i]);
      return construct(native, all);
    };
    Object.defineProperty(made, 'prototype', { value: prototype, writable: false });
    Object.defineProperty(prototype, 'constructor', { value: made, writable: false, configurable: false });
    if (globalThis.Function === native) globalThis.Function = made;
  }
  return { list: () => [], object: () => ({}), put(o, k, v) { o[k] = v; }, map: () => new Map(), set: () => new Set(),
    addMap(m, k, v) { m.set(k, v); }, addSet(s, v) { s.add(v); }, date: (t) => new Date(t),
    regexp: (s, f) => new RegExp(s, f), call: (f, list) => f(...list), make: (f, list) => construct(f, list),
    get: (o, k) => o[k], method: (o, k, list) => o[k](...list),
    watch(p) {
      const cell = { state: 0, value: undefined };
      then(p, (v) => { cell.state = 1; cell.value = v; }, (e) => { cell.state = 2; cell.value = e; });
      return cell;
    },
    printed() { const out = printed; printed = ''; return out; } };
})()`, realm);
const time = vm.runInContext(modules, realm);

function drain() {
  const text = inside.printed();
  if (typeof text !== 'string') return;
  for (let at = 0; at < text.length;) {
    const colon = text.indexOf(':', at), end = colon + 1 + Number(text.slice(at + 1, colon));
    if (colon < 0 || !(end > colon)) return;
    fs.writeSync(text[at] === 'e' ? 2 : 1, text.slice(colon + 1, end));
    at = end;
  }
}

function outward(value, depth = 0) {  // ours -> the program's
  if (typeof value === 'function' || typeof value === 'symbol') throw new Error('the checks pass what cannot be sent');
  if (typeof value !== 'object' || value === null) return value;
  if (objects.has(value)) return objects.get(value);
  if (types.isProxy(value) || depth > 200) throw new Error('the checks pass what cannot be sent');
  if (Array.isArray(value)) {
    const out = inside.list();
    for (let i = 0; i < value.length; i++) inside.put(out, i, outward(value[i], depth + 1));
    return out;
  }
  if (types.isMap(value)) {
    const out = inside.map();
    for (const [k, v] of value) inside.addMap(out, outward(k, depth + 1), outward(v, depth + 1));
    return out;
  }
  if (types.isSet(value)) {
    const out = inside.set();
    for (const v of value) inside.addSet(out, outward(v, depth + 1));
    return out;
  }
  if (types.isDate(value)) return inside.date(value.getTime());
  if (types.isRegExp(value)) return inside.regexp(value.source, value.flags);
  const out = inside.object();
  for (const key of Object.keys(value)) inside.put(out, key, outward(value[key], depth + 1));
  return out;
}

const promises = new Set();  // of the program, which checks wait for

// What the program threw, as one of ours.
function thrown(error) {
  if (!types.isNativeError(error)) return error;
  const kinds = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const name = error.name, text = error.message, out = new (Object.hasOwn(kinds, name) ? kinds[name] : Error)();
  if (typeof text === 'string') out.message = text;
  if (typeof name === 'string' && out.name !== name) out.name = name;
  return out;
}

const objects = new WeakMap();  // what stands for an object of the program -> that object

// Calls the program with copies of `all`, and does to ours what it did to these.
function asked(all, call) {
  const args = outward(all);
  try {
    const out = call(args);
    for (let i = 0; i < all.length; i++) {
      if (typeof all[i] !== 'object' || all[i] === null || objects.has(all[i])) continue;
      let now;
      try { now = inward(inside.get(args, i)); } catch (error) { continue; }  // no plain data any more
      update(all[i], now);
    }
    return out;
  } catch (error) {
    throw thrown(error);
  } finally {
    drain();
  }
}

function update(old, now) {
  if (!Object.isExtensible(old)) return;
  if (Array.isArray(old) && Array.isArray(now)) {
    for (let i = 0; i < now.length; i++) {
      const both = i < old.length && typeof old[i] === 'object' && typeof now[i] === 'object' && old[i] && now[i];
      if (both && Array.isArray(old[i]) === Array.isArray(now[i])) update(old[i], now[i]); else old[i] = now[i];
    }
    old.length = now.length;
  } else if (Object.getPrototypeOf(old) === Object.prototype && Object.getPrototypeOf(now) === Object.prototype) {
    for (const key of Object.keys(old)) if (!Object.hasOwn(now, key)) delete old[key];
    for (const key of Object.keys(now)) old[key] = now[key];
  } else if (types.isMap(old) && types.isMap(now)) {
    old.clear();
    for (const [k, v] of now) old.set(k, v);
  } else if (types.isSet(old) && types.isSet(now)) {
    old.clear();
    for (const v of now) old.add(v);
  }
}

// An object of a class of the program, made by the checks: its methods are called there, its data copied.
function standing(value) {
  const out = new Proxy(Object.create(null), {
    get(_, key) {
      if (typeof key !== 'string') return undefined;
      const got = inside.get(value, key);
      if (typeof got !== 'function') return inward(got);
      return (...all) => asked(all, (args) => {
        const said = inside.method(value, key, args);
        return said === value ? out : inward(said);
      });
    },
    set(_, key, what) {
      inside.put(value, key, outward(what));
      return true;
    } });
  objects.set(out, value);
  return out;
}

// Takes what promises of the program have come to, else lets its next timer run. False: nothing moves any more.
function settle() {
  let moved = false;
  for (const one of [...promises]) {
    if (one.cell.state === 0) continue;
    promises.delete(one);
    moved = true;
    if (one.cell.state === 1) one.done(inward(one.cell.value)); else one.fail(thrown(one.cell.value));
  }
  if (!moved && promises.size > 0) moved = time.tick() === true;
  drain();
  return moved;
}

function inward(value, depth = 0) {  // the program's -> plain data of ours
  if (typeof value === 'function') {
    return function (...all) {
      const is_new = new.target !== undefined;
      return asked(all, (args) => is_new ? standing(inside.make(value, args)) : inward(inside.call(value, args)));
    };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 200) throw new Error('a value is nested too deeply');
  if (Array.isArray(value)) {
    const out = [], n = Number(value.length);
    for (let i = 0; i < n; i++) out.push(inward(value[i], depth + 1));
    return out;
  }
  if (types.isMap(value)) {
    const out = new Map();
    Map.prototype.forEach.call(value, (v, k) => out.set(inward(k, depth + 1), inward(v, depth + 1)));
    return out;
  }
  if (types.isSet(value)) {
    const out = new Set();
    Set.prototype.forEach.call(value, (v) => out.add(inward(v, depth + 1)));
    return out;
  }
  if (types.isPromise(value)) {
    const cell = inside.watch(value);
    return new Promise((done, fail) => promises.add({ cell, done, fail }));
  }
  if (types.isDate(value)) return new Date(Date.prototype.getTime.call(value));
  if (types.isNumberObject(value) || types.isStringObject(value) || types.isBooleanObject(value)) return null;
  const out = {};
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'string' && typeof value[key] !== 'function' && key !== '__proto__') out[key] = inward(value[key], depth + 1);
  }
  return out;
}

// What makes a program a module goes, and what may be a call of import() becomes one of the program's own require.
function as_script(text) {
  const gap = '(?:\\s|/\\*[^]*?\\*/|(?://|<!--|-->)[^\\n\\r\\u2028\\u2029]*[\\n\\r\\u2028\\u2029])*';
  text = text.replace(/^export\s+default\s+(?!(?:async|function|class)\b)[^]*?(?:;|$)/gm, '').replace(
    /^export\s+(?:default\s+)?(?=(?:async|function|class|const|let|var)\b)/gm, '').replace(/^export\s*\{[^}]*\};?/gm, '');
  const name = '[A-Za-z_$][\\w$]*', from = '\\s*from\\s*(["\'][\\w:/]+["\'])';
  text = text.replace(new RegExp('^import\\s+\\*\\s*as\\s+(' + name + ')' + from, 'gm'), 'const $1 = require($2)').replace(
    new RegExp('^import\\s+(' + name + ')' + from, 'gm'), 'const $1 = require($2)').replace(
    new RegExp('^import\\s*(\\{[^{}]*\\})' + from, 'gm'), (all, list, what) => 'const ' + list.replace(/\s+as\s+/g, ': ') + ' = require(' + what + ')');
  return text.replace(new RegExp('(?<![\\w$])import(?=' + gap + '\\()', 'g'), 'require');
}

let script;
try {
  script = new vm.Script(as_script(program), { filename: 'program.js' });
} catch (error) {
  fs.writeSync(2, String(error.stack));
  tell('compile', error);
}
const failed = [];

function ended(error) {
  let text = 'an error';
  try { text = String(error && error.stack || error); } catch (other) { /* keeps the first text */ }
  fs.writeSync(2, text + '\n');
  if (error && error.code === 'ERR_ASSERTION') tell('assertion', text);
  tell('runtime', text.split('\n')[0]);
}

// The checks have come to their end when nothing of them waits any more: they may be asynchronous.
const ours = Promise;
process.on('unhandledRejection', (error, promise) => { if (promise instanceof ours) ended(error); });
process.on('uncaughtException', ended);
process.on('beforeExit', () => {
  try {
    if (settle()) {
      setImmediate(() => {});
      return;
    }
  } catch (error) {
    ended(error);
  }
  if (failed.length) {
    fs.writeSync(2, 'Assertion failed\n');
    tell('assertion', failed.length + ' of the checks failed');
  }
  if (promises.size) tell('runtime', 'a promise of the program comes to no end');
  tell('pass', '');
});

try {
  script.runInContext(realm);
  const names = [];
  const values = [];
  for (const name of new Set(tests.match(/[A-Za-z_$][\w$]*/g))) {
    if (name !== entry && (name in globalThis || name === 'require' || name === 'module' || name === 'exports')) continue;
    let value;
    try {
      new Function(name, '');  // throws for a word of the language
      value = vm.runInContext('typeof ' + name + ' === "undefined" ? undefined : ' + name, realm);
    } catch (error) {
      continue;
    }
    if (value === undefined) continue;
    names.push(name);
    values.push(inward(value));
  }
  const checked = Object.freeze({ log() {}, info() {}, error() {}, warn() {},
    assert(holds, ...text) { if (!holds) failed.push(text.map(String).join(' ')); } });
  const run = new Function('console', 'require', ...names, 'return (function () {' + tests.replace(/^#!.*/, '') + '\n})();');
  run(checked, (name) => require(name), ...values);
} catch (error) {
  ended(error);
}
