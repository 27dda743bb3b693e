#ifndef CGlibc_H
#define CGlibc_H
#endif
