# Compiler flags for our objects only, and their header dependencies; nginx reads this after it has written its
# Makefile. Objects land in addon/<leaf folder>, where another module may have its own.
# GATEHOUSE_CFLAGS: more flags for every object of ours, e.g. -fsanitize=undefined.

gatehouse_flags="-O2 -MMD -MP -fvisibility=hidden -I$ngx_addon_dir/cpp_core $GATEHOUSE_CFLAGS"
gatehouse_c_flags="-I$ngx_addon_dir/src"
gatehouse_cpp_flags="-std=c++20 -Wall -Wextra -Werror -Wno-subobject-linkage -D_GLIBCXX_ASSERTIONS -isystem $gatehouse_postgres_include"

echo >> $NGX_MAKEFILE
for gatehouse_room in src `cd $ngx_addon_dir/src && ls -d */ | tr -d /`
do
    echo "$NGX_OBJS/addon/$gatehouse_room/ngx_http_gatehouse_%.o: CFLAGS += $gatehouse_flags $gatehouse_c_flags" \
        >> $NGX_MAKEFILE
done
echo "$NGX_OBJS/addon/gatehouse/%.o: CFLAGS += $gatehouse_flags $gatehouse_cpp_flags" >> $NGX_MAKEFILE

echo "-include $NGX_OBJS/addon/*/*.d" >> $NGX_MAKEFILE
echo >> $NGX_MAKEFILE
