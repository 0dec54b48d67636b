# Compiler flags for our objects only, and their header dependencies; nginx reads this after it has written its
# Makefile. Objects land in addon/<leaf folder>.
# GATEHOUSE_CFLAGS: more flags for every object of ours, e.g. -fsanitize=undefined.

gatehouse_flags="-O2 -MMD -MP -fvisibility=hidden -I$ngx_addon_dir/cpp_core $GATEHOUSE_CFLAGS"
gatehouse_cpp_flags="-std=c++20 -Wall -Wextra -Werror -Wno-subobject-linkage -D_GLIBCXX_ASSERTIONS -isystem $gatehouse_postgres_include"

echo >> $NGX_MAKEFILE
echo "$NGX_OBJS/addon/src/%.o: CFLAGS += $gatehouse_flags" >> $NGX_MAKEFILE
echo "$NGX_OBJS/addon/gatehouse/%.o: CFLAGS += $gatehouse_flags $gatehouse_cpp_flags" >> $NGX_MAKEFILE

echo "-include $NGX_OBJS/addon/*/*.d" >> $NGX_MAKEFILE
echo >> $NGX_MAKEFILE
