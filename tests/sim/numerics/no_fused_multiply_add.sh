#!/bin/sh
# no_fused_multiply_add.sh <objdump> <archive>...: fails when the machine code of an archive contains a fused
# multiply-add, which rounds once where the source rounds twice and so changes the bits of every result.
# Exit code 77 (skipped) where there is no objdump.
objdump=$1
shift
command -v "$objdump" >/dev/null 2>&1 || { echo "objdump not found: not checked"; exit 77; }
status=0
for archive in "$@"; do
  # A listing without a single product would pass whatever the code does, so it fails.
  "$objdump" -d --no-show-raw-insn "$archive" | awk -v archive="$archive" '
    />:$/ { function_name = $2 }
    /[ \t](v?mul[sp]d|fmul)[ \t]/ { ++products }
    /[ \t](vfn?m(add|sub)|fn?m(add|sub)|fml[as])/ { ++fused; if (fused <= 10) print archive ": fused in " function_name " " $0 }
    END {
      print archive ": " products + 0 " products, " fused + 0 " fused multiply-adds"
      exit (products == 0 || fused > 0)
    }' || status=1
done
exit $status
