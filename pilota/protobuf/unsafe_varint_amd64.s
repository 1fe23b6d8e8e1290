#include "textflag.h"

// What belongs to the value in the ninth and tenth byte of a varint, by its
// size; sizes above 10 are refused before.
DATA top<>+0(SB)/8, $0
DATA top<>+8(SB)/8, $0
DATA top<>+16(SB)/8, $0x0000017f007f0000
GLOBL top<>(SB), RODATA|NOPTR, $24

// What may not be there.
DATA spoilt<>+0(SB)/8, $0
DATA spoilt<>+8(SB)/8, $0
DATA spoilt<>+16(SB)/8, $0x0000fe0000000000
GLOBL spoilt<>(SB), RODATA|NOPTR, $24

// func countLast(b *byte, n int) int
//
// Safety: loads lie within b[:n], n being a multiple of 32. Nothing is written
// but the result.
TEXT ·countLast(SB), NOSPLIT, $0-24
	MOVQ b+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ CX, AX      // all, less those that go on
	ADDQ SI, CX

more:
	CMPQ      SI, CX
	JEQ       done
	VMOVDQU   (SI), Y0
	VPMOVMSKB Y0, DX
	POPCNTL   DX, DX
	SUBQ      DX, AX
	ADDQ      $32, SI
	JMP       more

done:
	VZEROUPPER
	MOVQ AX, ret+16(FP)
	RET

// func unpack(to unsafe.Pointer, room, step int, b *byte, n int) (read, numbers int)
//
// Safety: a block is read only if 74 bytes remain, and no load reaches beyond:
// a varint begins in the block and is read 10 bytes wide. A block is decoded
// only if there is room for the numbers that end in it and one more, so that
// stores of 8 bytes, step apart, stay within to.
TEXT ·unpack(SB), NOSPLIT, $0-56
	MOVQ to+0(FP), DI
	MOVQ room+8(FP), R11
	MOVQ step+16(FP), R9
	MOVQ b+24(FP), SI
	MOVQ n+32(FP), CX
	LEAQ -74(SI)(CX*1), CX       // where the last block may begin
	MOVQ $0x7f7f7f7f7f7f7f7f, R12
	MOVQ $0x17f, R13
	LEAQ top<>(SB), R15
	LEAQ spoilt<>(SB), BX

block:
	CMPQ      SI, CX
	JHI       done
	VMOVDQU   (SI), Y0
	VMOVDQU   32(SI), Y1
	VPMOVMSKB Y0, AX
	VPMOVMSKB Y1, DX
	SHLQ      $32, DX
	ORQ       DX, AX
	NOTQ      AX                 // bit k: byte k is the last one of a varint
	POPCNTQ   AX, DX
	TESTQ     DX, DX
	JEQ       bad                // none in 64 bytes
	CMPQ      DX, R11
	JGE       done
	SUBQ      DX, R11
	XORQ      DX, DX             // where the varint begins

next:
	TZCNTQ  AX, R14
	BLSRQ   AX, AX
	INCQ    R14                  // where the next one begins
	MOVQ    (SI)(DX*1), R8
	MOVWLZX 8(SI)(DX*1), R10
	SUBQ    R14, DX
	NEGQ    DX                   // how many bytes it has
	CMPQ    DX, $10
	JHI     bad
	TESTW   (BX)(DX*2), R10
	JNE     bad
	ANDW    (R15)(DX*2), R10
	SHLQ    $3, DX
	BZHIQ   DX, R8, R8
	PEXTQ   R12, R8, R8
	PEXTQ   R13, R10, R10
	SHLQ    $56, R10
	ORQ     R10, R8
	MOVQ    R8, (DI)
	ADDQ    R9, DI
	MOVQ    R14, DX
	TESTQ   AX, AX
	JNE     next
	ADDQ    DX, SI
	JMP     block

bad:
	MOVQ $-1, read+40(FP)
	VZEROUPPER
	RET

done:
	SUBQ b+24(FP), SI
	MOVQ SI, read+40(FP)
	MOVQ room+8(FP), AX
	SUBQ R11, AX
	MOVQ AX, numbers+48(FP)
	VZEROUPPER
	RET

// func hasFastBMI2() bool
//
// Intel's manual, volume 2A, CPUID: leaf 7, EBX, bit 3 and 8 are BMI1 and BMI2.
// Leaf 0 spells the maker, "AuthenticAMD" beginning in EBX; the family is in
// leaf 1.
TEXT ·hasFastBMI2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	MOVL $7, AX
	MOVL $0, CX
	CPUID
	ANDL $0x108, BX
	CMPL BX, $0x108
	JNE  no
	MOVL $0, AX
	CPUID
	CMPL BX, $0x68747541 // "Auth"
	JNE  yes
	MOVL $1, AX
	CPUID
	SHRL $20, AX         // the extended family, which comes on top of 0fh
	ANDL $0xff, AX
	CMPL AX, $10
	JLT  no

yes:
	MOVB $1, ret+0(FP)

no:
	RET

// func pack(b *byte, i int, v *uint64, n int) (at, left int)
//
// Safety: a number is put only if 16 bytes are before b[i]; it takes 10 at
// most, and stores reach 10 bytes before it at most and never behind it. The
// numbers are those of v[:n], from the last one on.
TEXT ·pack(SB), NOSPLIT, $0-48
	MOVQ b+0(FP), DI
	MOVQ i+8(FP), SI
	MOVQ v+16(FP), R10
	MOVQ n+24(FP), R11
	MOVQ $0x7f7f7f7f7f7f7f7f, R12
	MOVQ $0x8080808080808080, R13
	PCALIGN $32

next:
	CMPQ  SI, $16
	JLT   done
	SUBQ  $1, R11
	JLT   all
	MOVQ  (R10)(R11*8), AX
	MOVQ  AX, BX
	ORQ   $1, BX
	BSRQ  BX, BX
	LEAQ  73(BX)(BX*8), BX
	SHRQ  $6, BX          // how many bytes it takes
	PDEPQ R12, AX, CX     // seven bits in each, up to eight
	LEAQ  -8(BX*8), DX
	BZHIQ DX, R13, R8     // all but the last one say that more follow
	ORQ   R8, CX
	CMPQ  BX, $8
	JHI   long
	MOVL  $56, R9
	SUBQ  DX, R9
	SHLXQ R9, CX, CX
	MOVQ  CX, -8(DI)(SI*1)
	SUBQ  BX, SI
	JMP   next

long:
	SUBQ BX, SI
	MOVQ CX, (DI)(SI*1)
	SHRQ $56, AX          // its highest bit says that a tenth byte follows
	MOVB AX, 8(DI)(SI*1)
	CMPQ BX, $9
	JEQ  next
	MOVB $1, 9(DI)(SI*1)
	JMP  next

all:
	XORQ R11, R11

done:
	MOVQ SI, at+32(FP)
	MOVQ R11, left+40(FP)
	RET
