#ifndef CLoop_H
#define CLoop_H
#endif
