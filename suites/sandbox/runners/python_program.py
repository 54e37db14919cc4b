# ---- the program's side ---------------------------------------------------------------------------

class Program:
    def __init__(self, requests, replies):
        self.requests, self.replies = requests, replies
        self.objects, self.numbers = [], {}

    def give(self, value, out):
        if type(value) is type(sys):
            out.append(b"M")
            put_text(out, value.__name__)
            return
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if isinstance(value, type) and issubclass(value, Exception):
            out.append(b"X")
            encode([one.__name__ for one in value.__mro__], out, self)
        elif callable(value) and module in STDLIB_NAMES and isinstance(name, str) and "." not in name:
            out.append(b"Q")
            put_text(out, module)
            put_text(out, name)
        else:
            out.append(b"o")
        out.append(pack("<q", number))

    def take(self, tag, decoder):
        if tag == b"o":
            return self.objects[decoder.size()]
        if tag == b"K":
            number = decoder.size()
            return lambda *args, **named: self.call_back(number, args, named)
        if tag == b"L":
            found = __import__(decoder.value())
            for part in decoder.value().split("."):
                found = getattr(found, part)
            return found
        raise ValueError("an unknown tag")

    def call_back(self, number, args, named):
        write_frame(self.replies, b"C" + to_bytes((number, args, named), self))
        return from_bytes(read_frame(self.requests), self)

    def answer(self, data):
        op, target, args, named = from_bytes(data, self)
        changed = None
        if op == "call":
            given = [*args, *named.values()]
            before = to_bytes(given, self) if any(type(one) in (list, dict, set, bytearray) for one in given) else None
            value = target(*args, **named)
            if before is not None and to_bytes(given, self) != before:
                changed = given
        elif op == "get":
            value = getattr(target, args[0])
        elif op == "set":
            value = setattr(target, args[0], args[1])
        elif op == "iter":
            value = iter(target)
        elif op == "next":
            try:
                value = (next(target),)
            except StopIteration:
                value = None
        elif op == "bool":
            value = bool(target)
        elif op == "len":
            value = len(target)
        elif op == "item":
            value = target[args[0]]
        elif op == "put":
            target[args[0]] = args[1]
            value = None
        elif op == "in":
            value = args[0] in target
        elif op == "enter":
            value = type(target).__enter__(target)
        elif op == "exit":
            value = bool(type(target).__exit__(target, None, None, None))
        elif op == "repr":
            value = repr(target)
        elif op in OPERATORS:
            import operator
            value = getattr(operator, OPERATORS[op])(target, args[0])
        else:
            value = str(target)
        return to_bytes((value, changed), self)

    def serve(self):
        while True:
            try:
                data = read_frame(self.requests)
            except EOFError:
                return
            try:
                reply = b"V" + self.answer(data)
            except BaseException as error:
                reply = self.raised(error)
            write_frame(self.replies, reply)

    def raised(self, error):
        try:
            sys.__excepthook__(type(error), error, error.__traceback__)
        except BaseException:
            pass
        names = [one.__name__ for one in type(error).__mro__]
        try:
            text = str(error)[:500]
        except BaseException:
            text = ""
        return b"E" + to_bytes((names, text), self)

    def run(self, source):
        try:
            text = source.decode("utf-8", "surrogatepass")
            code = compile(text, "program.py", "exec", dont_inherit=True)
        except BaseException as error:
            write_frame(self.replies, b"S" + self.raised(error)[1:])
            return
        module = type(sys)("__main__")
        sys.modules["__main__"] = module
        module.__dict__["__builtins__"] = builtins
        module.__dict__["__file__"] = "program.py"
        sys.argv = ["program.py"]
        builtins.exit = builtins.quit = sys.exit
        wanted = from_bytes(read_frame(self.requests), self)
        entry, others = wanted
        try:
            exec(code, module.__dict__)
        except BaseException as error:
            write_frame(self.replies, self.raised(error))
            return
        write_frame(self.replies, b"V" + to_bytes((module.__dict__[entry],) if entry in module.__dict__ else None, self))
        found = {name: module.__dict__[name] for name in others if name in module.__dict__}
        write_frame(self.replies, b"V" + to_bytes(found, self))
        self.serve()


