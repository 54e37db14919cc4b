# ---- the side of the checks -----------------------------------------------------------------------

class ProgramEnded(BaseException):
    """The program is gone, or left by SystemExit; (status, text)."""


class Handle:
    """An object of the program that is no plain data. It equals no plain data, whatever the program says of it;
    operators are the program's own only between two of its objects."""
    __slots__ = ("_side", "_number")

    def __init__(self, side, number):
        object.__setattr__(self, "_side", side)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args, **named):
        return self._side.ask("call", self, args, named)

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__") and name not in ("__name__", "__doc__"):
            raise AttributeError(name)
        return self._side.ask("get", self, (name,))

    def __setattr__(self, name, value):
        self._side.ask("set", self, (name, value))

    def __iter__(self):
        return self._side.ask("iter", self)

    def __next__(self):
        got = self._side.ask("next", self)
        if got is None:
            raise StopIteration
        return got[0]

    def __len__(self):
        return self._side.ask("len", self)

    def __getitem__(self, key):
        return self._side.ask("item", self, (key,))

    def __setitem__(self, key, value):
        self._side.ask("put", self, (key, value))

    def __contains__(self, value):
        return self._side.ask("in", self, (value,))

    def __str__(self):
        return self._side.ask("str", self)

    def __repr__(self):
        return self._side.ask("repr", self)

    def __enter__(self):
        return self._side.ask("enter", self)

    def __exit__(self, *error):
        self._side.ask("exit", self)

    def __hash__(self):
        return self._number

    def __bool__(self):
        return self._side.ask("bool", self) is True  # no more than True itself would gain


def between(op):
    def operate(self, other):
        if type(other) is not Handle:
            return NotImplemented
        return self._side.ask(op, self, (other,))
    return operate


for one in OPERATORS:
    setattr(Handle, one, between(one))


def update(old, new):
    """What the program changed in an argument, done to ours."""
    if type(old) is not type(new):
        return
    if type(old) is list:
        if len(old) == len(new):
            for i, (one, other) in enumerate(zip(old, new)):
                if type(one) is type(other) and type(one) in (list, dict, set, bytearray):
                    update(one, other)
                else:
                    old[i] = other
        else:
            old[:] = new
    elif type(old) in (dict, set):
        old.clear()
        old.update(new)
    elif type(old) is bytearray:
        old[:] = new


class Checks:
    def __init__(self, requests, replies, child):
        self.requests, self.replies, self.child = requests, replies, child
        self.handles, self.lent, self.errors, self.is_naming = {}, [], {}, False

    def give(self, value, out):
        if type(value) is Handle:
            out.append(b"o" + pack("<q", value._number))
            return
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "")
        if callable(value) and module in sys.modules and module != "checks" and name and "<" not in name:
            out.append(b"L")
            put_text(out, module)
            put_text(out, name)
        elif callable(value):
            self.lent.append(value)
            out.append(b"K" + pack("<q", len(self.lent) - 1))
        else:
            raise TypeError("the checks pass a value that cannot be sent: " + type(value).__name__)

    def take(self, tag, decoder):
        if tag == b"M":
            name = decoder.value()
            top = name.split(".")[0]
            if self.is_naming and (top in sys.stdlib_module_names or top == "numpy"):
                return __import__(name, fromlist=["x"])
            raise ValueError("a module is no value")
        if tag == b"Q":
            module, name, number = decoder.value(), decoder.value(), decoder.size()
            if self.is_naming and module in STDLIB_NAMES:
                return getattr(__import__(module), name)
            return self.handle(number)
        if tag == b"X":
            names, number = decoder.value(), decoder.size()
            return self.own_error(names) if self.is_naming else self.handle(number)
        if tag == b"o":
            return self.handle(decoder.size())
        raise ValueError("an unknown tag")

    def own_error(self, names):
        """An exception class that stands for one of the program, so that checks can catch it."""
        if type(names) is not list or not names or not all(type(one) is str for one in names):
            raise ValueError("no names of an exception")
        for at, name in enumerate(names):
            known = self.errors.get(name) or getattr(builtins, name, None)
            if isinstance(known, type) and issubclass(known, Exception):
                for own in reversed(names[:at]):
                    known = self.errors[own] = type(own, (known,), {"__module__": "__main__"})
                return known
        raise ValueError("no exception")

    def handle(self, number):
        if number not in self.handles:
            self.handles[number] = Handle(self, number)
        return self.handles[number]

    def receive(self):
        try:
            return read_frame(self.replies)
        except EOFError:
            status = posix.waitpid(self.child, 0)[1]
            if posix.WIFSIGNALED(status):
                number = posix.WTERMSIG(status)
                word = {24: "cpu", 31: "violation", 9: "killed"}.get(number, "runtime")
                raise ProgramEnded(word, "the program died of signal %d" % number) from None
            raise ProgramEnded("runtime", "the program ended (exit status %d) before the checks"
                               % posix.WEXITSTATUS(status)) from None

    def reply(self):
        while True:
            data = self.receive()
            tag, body = data[:1], data[1:]
            try:
                if tag == b"V":
                    return from_bytes(body, self)
                if tag == b"C":
                    number, args, named = from_bytes(body, self)
                    write_frame(self.requests, to_bytes(self.lent[number](*args, **named), self))
                    continue
                names, text = from_bytes(body, self)
            except (ValueError, TypeError, IndexError, struct_error, RecursionError, OverflowError) as error:
                raise ProgramEnded("runtime", "the program sent what is no value: %s" % error) from None
            self.raise_again(tag, names, text)

    def raise_again(self, tag, names, text):
        if tag == b"S":
            raise ProgramEnded("compile", "%s: %s" % (names[0], text))
        if "SystemExit" in names or "KeyboardInterrupt" in names:
            raise ProgramEnded("runtime", "the program ended itself (%s)" % names[0])
        if "MemoryError" in names:
            raise ProgramEnded("memory", "MemoryError")
        for name in names:
            kind = self.errors.get(name) or getattr(builtins, name, None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                try:
                    error = kind(text)
                except TypeError:
                    error = RuntimeError(text)
                error.of_program = names[0]
                raise error
        raise ProgramEnded("runtime", "%s: %s" % (names[0], text))

    def ask(self, op, target, args=(), named={}):
        data = to_bytes((op, target, args, named), self)
        try:
            write_frame(self.requests, data)
        except OSError:
            pass  # gone: receive() tells how
        value, changed = self.reply()
        if changed is not None:
            for old, new in zip([*args, *named.values()], changed):
                update(old, new)
        return value

    def start(self, entry, wanted):
        """The entry point as the program's (None if it defines none), and what else the checks name of it."""
        try:
            write_frame(self.requests, to_bytes((entry, wanted), self))
        except OSError:
            pass
        target = self.reply()
        self.is_naming = True  # modules and functions of the library are taken from here
        found = self.reply()
        self.is_naming = False
        if type(found) is not dict or not all(type(name) is str and name in wanted for name in found):
            raise ProgramEnded("runtime", "the program sent what is no table of names")
        if target is not None:
            if type(target) is not tuple or len(target) != 1:
                raise ProgramEnded("runtime", "the program sent what is no entry point")
            found[entry] = target[0]
        return found


def names_in(code, out):
    out.update(code.co_names)
    for one in code.co_consts:
        if type(one) is type(code):
            names_in(one, out)


def wants(function):
    """How many arguments it must be given."""
    code = function.__code__
    return code.co_argcount - len(function.__defaults__ or ())


def mentions(name, text):
    """How often it stands there as a word. The module re would cost each program 4 ms."""
    count, at = 0, text.find(name)
    while at >= 0:
        end = at + len(name)
        around = (text[at - 1] if at else " ") + text[end:end + 1]
        count += not any(one == "_" or one.isalnum() for one in around)
        at = text.find(name, end)
    return count


def call_uncalled(space, tests, entry, calls_check):
    """Checks that the tests define and leave for a runner: check(), test_*() and classes of them."""
    def is_own(value):
        return type(value) is type(check) and value.__code__.co_filename == "checks.py"

    for name, value in list(space.items()):
        if is_own(value):
            is_check = name == "check" and not (entry and calls_check)
            if not is_check and not name.startswith("test"):
                continue
            if mentions(name, tests) > 1 or value is space.get(entry):
                continue
            needed = wants(value)
            if needed > 1 or needed == 1 and not entry:
                raise ProgramEnded("trouble", "tests: %s() is never called and wants %s" % (
                    name, "an entry_point" if needed == 1 else "arguments that nobody gives"))
            value(*([space["candidate"]] if needed == 1 else []))
        elif isinstance(value, type) and value.__module__ == "checks":
            unittest = sys.modules.get("unittest")
            is_case = unittest is not None and issubclass(value, unittest.TestCase)
            if not is_case and (not name.startswith("Test") or mentions(name, tests) > 1):
                continue
            for method in [one for one in dir(value) if one.startswith("test")]:
                if is_case:
                    value(method).debug()
                else:
                    one = value()
                    getattr(one, "setup_method", lambda: None)()
                    getattr(one, method)()


def children_of(node):
    for field in node._fields:
        one = getattr(node, field, None)
        for other in one if type(one) is list else (one,):
            if hasattr(other, "_fields"):
                yield other


def modules_in(tests, names):
    """Which of `names` the checks use as modules (`name.x`)."""
    found, left = set(), [compile(tests, "checks.py", "exec", 0x400, dont_inherit=True)]  # PyCF_ONLY_AST
    while left:
        node = left.pop()
        if type(node).__name__ == "Attribute" and type(node.value).__name__ == "Name" and node.value.id in names:
            found.add(node.value.id)
        left.extend(children_of(node))
    return found


def check(checks, helpers, tests, entry, calls_check):
    helpers_code = compile(helpers, "helpers.py", "exec", dont_inherit=True)
    code = compile(tests, "checks.py", "exec", dont_inherit=True)
    wanted = set()
    names_in(code, wanted)
    names_in(helpers_code, wanted)
    wanted = sorted(name for name in wanted - {entry} if not hasattr(builtins, name) and not name.startswith("__"))
    space = {"__builtins__": builtins, "__name__": "checks"}
    modules = {name for name in wanted if name in sys.stdlib_module_names}
    if modules:
        modules = modules_in(helpers, modules) | modules_in(tests, modules)
    space.update(checks.start(entry, [name for name in wanted if name not in modules]))
    for name in modules:  # the library's, whatever the program calls so
        space[name] = __import__(name)
    if entry:
        if entry not in space:
            raise ProgramEnded("runtime", "the program defines no %s" % entry)
        space["candidate"] = target = space[entry]
    exec(helpers_code, space)  # the task's own, whatever the program made of them
    if entry:
        space[entry] = target
    if "unittest" in wanted:
        import unittest
        unittest.main = lambda *args, **named: None  # its cases are run below
    exec(code, space)
    if calls_check:
        space["check"](target)
    call_uncalled(space, tests, entry, calls_check)


def where(error):
    line, at = 0, error.__traceback__
    while at:
        if at.tb_frame.f_code.co_filename == "checks.py":
            line = at.tb_lineno
        at = at.tb_next
    return line


def hide():
    """Nobody of the same user may look into this process. Without the weight of the module ctypes."""
    import _ctypes

    class Int(_ctypes._SimpleCData):
        _type_ = "i"

    class Function(_ctypes.CFuncPtr):
        _flags_ = _ctypes.FUNCFLAG_CDECL
        _restype_ = Int

    prctl = Function(_ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl"))
    if prctl(4, 0, 0, 0, 0) not in (0, None):
        raise OSError("PR_SET_DUMPABLE")


def main():
    import resource
    version = "python%d.%d" % sys.version_info[:2]
    for folder in ("lib/python3/dist-packages", "local/lib/%s/dist-packages" % version, "lib/%s/site-packages" % version):
        sys.path.append(sys.prefix + "/" + folder)
    hide()
    processes = int(read_frame(JOB))
    source = read_frame(JOB)
    trouble, child, files = "", -1, []
    try:
        for _ in range(2):
            files.extend(posix.pipe())
        child = posix.fork()
    except OSError as error:
        trouble = "no process for the program: %s" % error
    if child == 0:
        for file in (JOB, REPORT, files[1], files[2]):
            posix.close(file)
        program = Program(files[0], files[3])
        program.run(source)
        sys.stdout.flush()
        posix._exit(0)
    nonce = read_frame(JOB)
    if not trouble:
        try:  # from here: what a program says of its own troubles is not believed. It waits for its names meanwhile.
            most = resource.prlimit(child, resource.RLIMIT_NPROC)[1]
            if most == resource.RLIM_INFINITY or most > processes:
                most = processes
            resource.prlimit(child, resource.RLIMIT_NPROC, (most, most))
        except (OSError, ValueError) as error:
            trouble = "no limit of processes: %s" % error
    if trouble:
        posix.write(REPORT, nonce + b"\ntrouble\n" + trouble.encode())
        posix._exit(0)
    requests, to_program, from_program, replies = files
    posix.close(requests)
    posix.close(replies)
    helpers = read_frame(JOB).decode("utf-8", "surrogatepass")
    tests = read_frame(JOB).decode("utf-8", "surrogatepass")
    entry = read_frame(JOB).decode()
    calls_check = read_frame(JOB) == b"1"
    status, text = "trouble", ""
    checks = Checks(to_program, from_program, child)
    try:
        check(checks, helpers, tests, entry, calls_check)
        status = "pass"
    except ProgramEnded as ended:
        status, text = ended.args
    except AssertionError as error:
        status, text = "assertion", "line %d of the checks: %s" % (where(error), str(error)[:500])
    except MemoryError:
        status = "memory"
    except BaseException as error:
        name = getattr(error, "of_program", type(error).__name__)
        status, text = "runtime", "%s: %s" % (name, str(error)[:500])
    report = nonce + b"\n" + status.encode() + b"\n" + text.encode("utf-8", "replace")
    posix.write(REPORT, report)
    posix._exit(0)


main()
