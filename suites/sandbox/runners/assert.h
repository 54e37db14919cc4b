/* Takes the place of the system's <assert.h> when a program is judged: no definition in the program is asked. */
#undef assert
#ifdef __cplusplus
extern "C" [[noreturn]] void leitai_check_failed(const char*);
#else
_Noreturn void leitai_check_failed(const char*);
#undef static_assert
#define static_assert _Static_assert
#endif
#define assert(...) ((__VA_ARGS__) ? (void)0 : leitai_check_failed(#__VA_ARGS__))
