#ifndef CPages_H
#define CPages_H
#endif
