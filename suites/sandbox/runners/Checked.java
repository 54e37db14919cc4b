// Runs the checks of a Java program: takes the nonce from descriptor 3 and tells on descriptor 4 how Main.main ended.
public final class LeitaiChecked {
  private static final java.util.Set<java.lang.String> TAKEN = java.util.Set.of("Arrays", "List", "ArrayList", "Objects",
      "Boolean", "AssertionError", "Integer", "Double", "String", "Object", "Math", "Random", "Set", "HashSet", "Map",
      "HashMap", "Collections", "Optional");

  private static boolean has_own_equals(java.lang.Class<?> kind) {
    for (; kind != null && kind.getClassLoader() != null; kind = kind.getSuperclass()) {
      for (java.lang.reflect.Method method : kind.getDeclaredMethods()) {
        if (method.getName().equals("equals")) return true;
      }
    }
    return false;
  }

  /** Why a comparison would be the program's own; nothing of it is initialised. Null: it is not. */
  private static java.lang.String objection(java.lang.String entry) throws java.lang.Throwable {
    java.util.List<java.lang.Class<?>> kinds = new java.util.ArrayList<>();
    for (java.lang.String file : new java.io.File("out").list()) {
      if (!file.endsWith(".class") || file.startsWith("LeitaiChecked")) continue;
      java.lang.String name = file.substring(0, file.length() - 6);
      if (TAKEN.contains(name)) return "the program redefines classes that its checks use";
      kinds.add(java.lang.Class.forName(name, false, LeitaiChecked.class.getClassLoader()));
    }
    for (java.lang.Class<?> kind : kinds) {
      for (java.lang.reflect.Method method : kind.getDeclaredMethods()) {
        if (!method.getName().equals(entry) || method.isSynthetic()) continue;
        java.lang.Class<?> result = method.getReturnType();
        if (has_own_equals(result)) return "the program redefines the comparison of its result";
        for (java.lang.Class<?> other : kinds) {
          if (result.isAssignableFrom(other) && has_own_equals(other)) return "the program redefines the comparison of its result";
        }
      }
    }
    return null;
  }

  /** A result answers for itself no more: lists, sets and maps of the program's own classes become the library's. */
  private static java.lang.Object copied(java.lang.Object value, int depth) {
    if (value == null || depth > 50) return value;
    java.lang.Class<?> kind = value.getClass();
    boolean is_own = kind.getClassLoader() != null;
    if (value instanceof java.util.Collection || value instanceof java.util.Map) {
      boolean is_map = value instanceof java.util.Map;
      java.util.List<java.lang.Object> parts = new java.util.ArrayList<>(), all = new java.util.ArrayList<>();
      if (is_map) {
        for (java.util.Map.Entry<?, ?> one : ((java.util.Map<?, ?>) value).entrySet()) {
          parts.add(one.getKey());
          parts.add(one.getValue());
        }
      } else {
        for (java.lang.Object one : (java.util.Collection<?>) value) parts.add(one);
      }
      boolean is_same = !is_own;
      for (java.lang.Object one : parts) {
        all.add(copied(one, depth + 1));
        is_same = is_same && all.get(all.size() - 1) == one;
      }
      if (is_same) return value;
      if (value instanceof java.util.Set) return new java.util.LinkedHashSet<>(all);
      if (!is_map) return all;
      java.util.Map<java.lang.Object, java.lang.Object> map = new java.util.LinkedHashMap<>();
      for (int i = 0; i < all.size(); i += 2) map.put(all.get(i), all.get(i + 1));
      return map;
    }
    if (value instanceof java.util.Optional) copied(((java.util.Optional<?>) value).orElse(null), depth + 1);
    if (value instanceof java.lang.Object[])
      for (java.lang.Object one : (java.lang.Object[]) value) copied(one, depth + 1);
    if (is_own && has_own_equals(kind)) {
      forged = true;
      throw new java.lang.AssertionError("a result compares itself");
    }
    return value;
  }

  private static boolean forged = false;

  @java.lang.SuppressWarnings("unchecked")
  public static <T> T result(T value) {
    return (T) copied(value, 0);
  }
  public static int result(int value) { return value; }
  public static long result(long value) { return value; }
  public static double result(double value) { return value; }
  public static float result(float value) { return value; }
  public static char result(char value) { return value; }
  public static boolean result(boolean value) { return value; }

  public static void main(java.lang.String[] args) throws java.lang.Throwable {
    byte[] job = new byte[4096];
    int size;
    try (java.io.FileInputStream in = new java.io.FileInputStream("/proc/self/fd/3")) {
      size = in.read(job);
    }
    int line = 0;
    while (line < size && job[line] != '\n') ++line;
    java.lang.String entry = line < size ? new java.lang.String(job, line + 1, size - line - 1) : "";
    for (int i = 0; i < line; ++i) job[i] ^= 0x5a;
    java.lang.String status = "pass", text = "";
    java.lang.String objection = objection(entry);
    try {
      if (objection == null) Main.main(new java.lang.String[0]);
    } catch (java.lang.AssertionError error) {
      status = "assertion";
      text = java.lang.String.valueOf(error.getMessage());
      error.printStackTrace();
    } catch (java.lang.OutOfMemoryError error) {
      status = "memory";
    } catch (java.lang.Throwable error) {
      status = "runtime";
      text = error.toString();
      error.printStackTrace();
    }
    if (objection == null && forged) objection = "the program redefines the comparison of its result";
    if (objection != null) {
      status = "forged";
      text = objection;
    }
    for (int i = 0; i < line; ++i) job[i] ^= 0x5a;
    try (java.io.FileOutputStream out = new java.io.FileOutputStream("/proc/self/fd/4")) {
      out.write(job, 0, line);
      out.write(("\n" + status + "\n" + text).getBytes());
    }
    java.lang.Runtime.getRuntime().halt(0);
  }
}
