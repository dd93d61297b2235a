/*
 * sparseconv: sparse convolution over integer lattices of 1 to 4 dimensions. The whole C ABI.
 *
 * The law. A coarse site c, a fine site f and a tap t of the kernel meet when, on every axis,
 *
 *     f = stride * c + dilation * t - padding,    0 <= t < size, or t in the list of taps where one is given
 *
 * A convolution reads fine and writes coarse; a transposed convolution is the same rulebook, run from coarse to fine.
 * Tap index is row-major over the kernel, last axis fastest, or the index in the list. Weights are
 * [taps * in / groups, out], row-major: output channels [g * out / groups, (g + 1) * out / groups) read the input
 * channels of the same group g alone.
 * Coordinates are int32 rows (batch, d0, d1, ...) in units of their own level.
 *
 * Rules.
 *  - Every function that can fail returns a status; on failure spc_last_error() says in one line what was wrong with
 *    which value, outputs are untouched, and nothing is printed.
 *  - Memory that you pass in stays yours; it is neither kept nor freed after the call.
 *  - An object that comes out through a T** is yours; give it to the matching spc_<noun>_destroy, which takes NULL and
 *    cannot fail.
 *  - Objects are immutable after creation and may be used from any number of threads. Settings are process-wide.
 *  - Results do not depend on the number of threads, bit for bit.
 *
 * Devices: -1 is the CPU, n >= 0 the CUDA device n.
 *  - A map, a rulebook or links live on one device, and what is made from them lives there, too.
 *  - The matrices, workspaces and saved of a call lie on the device of its object. Arrays of int32, int64 and double
 *    lie on it or in host memory; what is written to host memory is there when the call returns. A geometry and its
 *    taps, bounds and counts are host memory.
 *  - stream is the CUDA stream (CUstream) on which work on CUDA objects is queued, NULL for the default stream; it is
 *    ignored for CPU objects. Results are ready in the order of the stream; what a getter returns is ready at return.
 *    An object is used on another stream than the one it was made on once that one is done, and destroyed before it.
 */
#ifndef SPARSECONV_H
#define SPARSECONV_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#if defined(SPC_BUILDING)
#define SPC_API __declspec(dllexport)
#else
#define SPC_API __declspec(dllimport)
#endif
#else
#define SPC_API __attribute__((visibility("default")))
#endif

/* Both sides ship in one package: compared for equality at load. Raised on any change of signature, struct or meaning.
 */
#define SPC_ABI_VERSION 8

#define SPC_MAX_DIMENSIONS 4

typedef int32_t spc_status;
#define SPC_OK 0
#define SPC_INVALID_ARGUMENT (-1)
#define SPC_OUT_OF_MEMORY (-2)
#define SPC_UNSUPPORTED (-3)
#define SPC_DEVICE (-4)
#define SPC_INTERNAL (-5)

/* Element types of spc_matrix. */
#define SPC_FLOAT32 0
#define SPC_FLOAT64 1
#define SPC_BFLOAT16 2
#define SPC_FLOAT16 3

/* Which way a rulebook is run. */
#define SPC_FINE_TO_COARSE 0
#define SPC_COARSE_TO_FINE 1

/* Which coarse sites a strided convolution writes. */
#define SPC_DILATE 0     /* all that any fine site reaches through a tap */
#define SPC_DOWNSAMPLE 1 /* floor(fine / stride), no dilation */

/* A dense row-major matrix on a device. */
typedef struct spc_matrix {
  void *data;
  int64_t rows;
  int64_t columns;
  int32_t element_type;
  int32_t device;
} spc_matrix;

/* The kernel geometry; entries at and beyond `dimensions` are ignored. taps: int32 [tap_count, dimensions], distinct,
 * in the order that numbers them, negative ones too, read during the call; size is ignored then. NULL: the box of
 * `size`. */
typedef struct spc_geometry {
  int32_t dimensions;
  int32_t size[SPC_MAX_DIMENSIONS];
  int32_t stride[SPC_MAX_DIMENSIONS];
  int32_t dilation[SPC_MAX_DIMENSIONS];
  int32_t padding[SPC_MAX_DIMENSIONS];
  int32_t tap_count;
  const int32_t *taps;
} spc_geometry;

typedef struct spc_map spc_map;           /* coordinate map: the voxels of one level, found by coordinate */
typedef struct spc_rulebook spc_rulebook; /* for each tap the (fine row, coarse row) pairs that meet there */
typedef struct spc_links spc_links;       /* for each point its links to rows of a level, with their weights */

/* ---- library ---------------------------------------------------------------------------------------------------- */

SPC_API int32_t spc_abi_version(void);
SPC_API const char *spc_version(void);

/* One line, UTF-8, of the last failure on this thread; valid until the next failing call on it. Never NULL. */
SPC_API const char *spc_last_error(void);

/* The instruction set in use: "amx", "avx512bf16", "avx512", "avx2", "baseline". Chosen on first use by what CPU and
 * system support, or by the environment variable SPARSECONV_ISA; an unknown or unsupported name there fails here and in
 * every computation. */
SPC_API spc_status spc_isa(const char **out);
SPC_API spc_status spc_set_isa(const char *name);

/* The instruction sets that this machine can run, best first. */
SPC_API int32_t spc_isa_count(void);
SPC_API const char *spc_isa_name(int32_t index); /* NULL past the end */

/* Threads that a call on this thread uses: as many as were set; while that is 0, as at the start, as many as the source
 * says, which is asked at every call and on its thread; without a source, as many as OpenMP has. */
SPC_API int32_t spc_threads(void);
SPC_API spc_status spc_set_threads(int32_t threads);
SPC_API spc_status spc_set_thread_source(int32_t (*source)(void)); /* NULL for none */

/* Memory for a large matrix of the caller's, aligned to 64 bytes, its values undefined: from what was given back
 * before, or fresh in large pages. Give takes NULL, from any thread, and keeps some for the next. */
SPC_API spc_status spc_memory_take(int64_t bytes, void **out);
SPC_API void spc_memory_give(void *memory);

/* Maps, rulebooks and links that are alive in this process: for tests of lifetimes. */
SPC_API int64_t spc_live_objects(void);

/* CUDA devices that can be used. SPC_DEVICE where there is no usable CUDA: spc_last_error() says what was looked for
 * and where. */
SPC_API spc_status spc_cuda_device_count(int32_t *out);
SPC_API spc_status spc_cuda_device_name(int32_t device, const char **out); /* "NVIDIA H100 ... (sm_90)" */

/* Whether convolutions of SPC_FLOAT32 on CUDA may round their factors to TF32, 19 bits: 0, as at the start, or 1. */
SPC_API int32_t spc_tf32(void);
SPC_API spc_status spc_set_tf32(int32_t allow);

/* ---- coordinate map --------------------------------------------------------------------------------------------- */

/* From int32 [rows, 1 + dimensions]; row i of the map is row i of the coordinates. A coordinate that occurs twice is
 * SPC_INVALID_ARGUMENT, and the message names it and both rows. */
SPC_API spc_status spc_map_create(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device,
                                  void *stream, spc_map **out);

/* The same with duplicates merged: rows of the map are in the library's own order (see spc_map_coarsen), and
 * map_rows[i] is the row of the map that holds row i of the coordinates. */
SPC_API spc_status spc_map_create_merged(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device,
                                         void *stream, int64_t *map_rows, spc_map **out);

/* The coarse sites of a strided convolution over `fine`, by rule SPC_DILATE or SPC_DOWNSAMPLE. bounds: the coarse shape
 * [dimensions], outside of which (0 <= c < bounds) no site is made, or NULL for no bounds. The order of rows depends on
 * the set of coordinates alone. SPC_DOWNSAMPLE uses the stride only. */
SPC_API spc_status spc_map_coarsen(const spc_map *fine, const spc_geometry *geometry, int32_t rule,
                                   const int32_t *bounds, void *stream, spc_map **out);

/* The fine sites that any coarse site reaches through a tap. bounds: the fine shape [dimensions] or NULL. */
SPC_API spc_status spc_map_refine(const spc_map *coarse, const spc_geometry *geometry, const int32_t *bounds,
                                  void *stream, spc_map **out);

SPC_API int64_t spc_map_rows(const spc_map *map);
SPC_API int32_t spc_map_dimensions(const spc_map *map);
SPC_API int64_t spc_map_bytes(const spc_map *map);
SPC_API int32_t spc_map_device(const spc_map *map);

/* Writes the smallest and the largest value of each column of the coordinates to host memory, int32 [1 + dimensions];
 * 0 and -1 for an empty map. */
SPC_API spc_status spc_map_bounds(const spc_map *map, int32_t *low, int32_t *high);

/* Writes int32 [rows, 1 + dimensions]. */
SPC_API spc_status spc_map_coordinates(const spc_map *map, void *stream, int32_t *out);

/* Writes the row of each of the given coordinates, int32 [rows, 1 + dimensions], or -1 where there is none. */
SPC_API spc_status spc_map_find(const spc_map *map, const int32_t *coordinates, int64_t rows, void *stream,
                                int64_t *out);

SPC_API void spc_map_destroy(spc_map *map);

/* ---- rulebook --------------------------------------------------------------------------------------------------- */

/* All pairs of the law between the two maps of one device (which may be one map). The maps may be destroyed afterwards.
 */
SPC_API spc_status spc_rulebook_create(const spc_map *coarse, const spc_map *fine, const spc_geometry *geometry,
                                       void *stream, spc_rulebook **out);

SPC_API int64_t spc_rulebook_taps(const spc_rulebook *rulebook);
SPC_API int64_t spc_rulebook_pairs(const spc_rulebook *rulebook);
SPC_API int64_t spc_rulebook_bytes(const spc_rulebook *rulebook);
SPC_API int32_t spc_rulebook_device(const spc_rulebook *rulebook);

/* Writes the number of pairs of each tap to host memory, int64 [taps]. */
SPC_API spc_status spc_rulebook_counts(const spc_rulebook *rulebook, int64_t *out);

/* Writes the pairs of one tap, ascending by coarse row: int64 [counts[tap]] each. */
SPC_API spc_status spc_rulebook_tap_pairs(const spc_rulebook *rulebook, int64_t tap, void *stream, int64_t *fine_rows,
                                          int64_t *coarse_rows);

SPC_API void spc_rulebook_destroy(spc_rulebook *rulebook);

/* ---- convolution ------------------------------------------------------------------------------------------------ */

/* input is [fine, in] and output [coarse, out] for SPC_FINE_TO_COARSE, [coarse, in] and [fine, out] for
 * SPC_COARSE_TO_FINE. weight is [taps * in / groups, out], where groups divides in and out and is 1 for an ordinary
 * convolution; bias [1, out] or NULL. Outputs are overwritten; rows without a pair become the bias, or zero. All
 * matrices of a call have one element type, except that beside features of SPC_BFLOAT16 or SPC_FLOAT16 the weight, the
 * bias and their gradients may be SPC_FLOAT32. Such a weight is rounded to the type of the features first. Sums of
 * 16-bit features are float32, and results of 16 bits are rounded once, to nearest, ties to even. workspace: at least
 * spc_convolution_workspace bytes, 64-byte aligned; its content is scratch. */

#define SPC_FORWARD 0
#define SPC_BACKWARD_INPUT 1
#define SPC_BACKWARD_WEIGHT 2

SPC_API spc_status spc_convolution_workspace(const spc_rulebook *rulebook, int32_t direction, int32_t pass,
                                             int64_t groups, int64_t in_channels, int64_t out_channels,
                                             int32_t element_type, int64_t *bytes);

/* activation */
#define SPC_IDENTITY 0
#define SPC_RELU 1 /* values below zero become zero; not-a-number stays */

/* output = activation(sums * scale + bias + residual), where scale is as bias and residual as output, or NULL. 16-bit
 * values are rounded once. */
SPC_API spc_status spc_convolution_forward(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                           const spc_matrix *input, const spc_matrix *weight, const spc_matrix *scale,
                                           const spc_matrix *bias, const spc_matrix *residual, int32_t activation,
                                           void *workspace, int64_t workspace_bytes, void *stream,
                                           const spc_matrix *output);

SPC_API spc_status spc_convolution_backward_input(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                                  const spc_matrix *grad_output, const spc_matrix *weight,
                                                  void *workspace, int64_t workspace_bytes, void *stream,
                                                  const spc_matrix *grad_input);

/* grad_bias [1, out] may be NULL. */
SPC_API spc_status spc_convolution_backward_weight(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                                   const spc_matrix *input, const spc_matrix *grad_output,
                                                   void *workspace, int64_t workspace_bytes, void *stream,
                                                   const spc_matrix *grad_weight, const spc_matrix *grad_bias);

/* ---- pooling ---------------------------------------------------------------------------------------------------- */

/* How a written row is computed from the rows that it is paired with; zero where it has no pair. */
#define SPC_POOL_MAX 0 /* the largest value of each channel; not-a-number is largest, the lowest row wins a tie */
#define SPC_POOL_SUM 1
#define SPC_POOL_MEAN 2        /* the sum divided by the number of pairs: the active sites under the kernel */
#define SPC_POOL_MEAN_VOLUME 3 /* the sum divided by the number of taps */

/* input is [rows read, channels] and output [rows written, channels], both of one element type; sums of 16-bit numbers
 * are float32, rounded once. Outputs are overwritten. saved receives the data that the gradient needs, and may be NULL
 * where no gradient is wanted: for SPC_POOL_MAX int32 [rows written, channels], the row read that holds each maximum,
 * or -1; for SPC_POOL_MEAN int32 [rows written], the number of pairs. The others do not use it. */
SPC_API spc_status spc_pooling_forward(const spc_rulebook *rulebook, int32_t direction, int32_t kind,
                                       const spc_matrix *input, void *stream, int32_t *saved, const spc_matrix *output);

SPC_API spc_status spc_pooling_backward(const spc_rulebook *rulebook, int32_t direction, int32_t kind,
                                        const spc_matrix *grad_output, const int32_t *saved, void *stream,
                                        const spc_matrix *grad_input);

/* ---- points ----------------------------------------------------------------------------------------------------- */

/* The voxels that a point reads. */
#define SPC_NEAREST 0 /* the one that holds it */
#define SPC_LINEAR 1  /* the 2^dimensions whose values surround it, weighted linearly along each axis */

/* How voxels around a point that are not active count, for SPC_LINEAR. */
#define SPC_MISSING_ZERO 0        /* they count as zeros, as in a dense tensor */
#define SPC_MISSING_RENORMALIZE 1 /* the weights of the active ones are divided by their sum */

/* points is float64 [count, dimensions] in units of the level: voxel v holds the points with floor(point) == v, and its
 * value stands at v + anchor on every axis, 0 <= anchor <= 1; 0.5 is its centre. batch is [count], or NULL for 0. A
 * point with a negative batch index, or without an active voxel around it, has no links. A point that is not finite is
 * SPC_INVALID_ARGUMENT. The map may be destroyed afterwards. */
SPC_API spc_status spc_links_create(const spc_map *map, const double *points, const int32_t *batch, int64_t count,
                                    int32_t kind, int32_t missing, double anchor, void *stream, spc_links **out);

/* Links of weight 1 from each point to one row, or none for -1. */
SPC_API spc_status spc_links_create_from_rows(const int64_t *row_of_point, int64_t count, int64_t rows, int32_t device,
                                              void *stream, spc_links **out);

SPC_API int64_t spc_links_points(const spc_links *links);
SPC_API int64_t spc_links_rows(const spc_links *links);
SPC_API int64_t spc_links_count(const spc_links *links);
SPC_API int64_t spc_links_bytes(const spc_links *links);
SPC_API int32_t spc_links_device(const spc_links *links);

/* Writes the links of point i to places starts[i] to starts[i + 1] of rows and weights: starts [points + 1], rows and
 * weights [count]. */
SPC_API spc_status spc_links_read(const spc_links *links, void *stream, int64_t *starts, int64_t *rows,
                                  double *weights);

SPC_API void spc_links_destroy(spc_links *links);

/* Interpolation: a point becomes the weighted sum of its rows, zero where it has none. input is [rows, channels] and
 * output [points, channels], both of one element type; sums of 16-bit numbers are float32, rounded once. Outputs are
 * overwritten. */
SPC_API spc_status spc_interpolation_forward(const spc_links *links, const spc_matrix *input, void *stream,
                                             const spc_matrix *output);

SPC_API spc_status spc_interpolation_backward(const spc_links *links, const spc_matrix *grad_output, void *stream,
                                              const spc_matrix *grad_input);

/* How a row is computed from the points that are linked to it; zero where there are none. */
#define SPC_SPLAT_SUM 0  /* the weighted sum: the adjoint of interpolation */
#define SPC_SPLAT_MEAN 1 /* the weighted sum divided by the sum of the weights */
#define SPC_SPLAT_MAX 2  /* the largest value of each channel; not-a-number is largest, the first point wins a tie */

/* Splatting: input is [points, channels] and output [rows, channels], as above. saved receives the data that the
 * gradient of SPC_SPLAT_MAX needs, int32 [rows, channels]: the point that holds each maximum, or -1. It may be NULL
 * where no gradient is wanted; the others do not use it. */
SPC_API spc_status spc_splat_forward(const spc_links *links, int32_t kind, const spc_matrix *input, void *stream,
                                     int32_t *saved, const spc_matrix *output);

SPC_API spc_status spc_splat_backward(const spc_links *links, int32_t kind, const spc_matrix *grad_output,
                                      const int32_t *saved, void *stream, const spc_matrix *grad_input);

/* ---- norms ------------------------------------------------------------------------------------------------------ */

/* Batch normalization of the columns of a matrix [rows, channels], with a residual and ReLU, each in one pass. mean,
 * variance, weight, bias and the gradients of these two are [1, channels] and SPC_FLOAT64 beside features of that type,
 * else SPC_FLOAT32. Statistics and gradients of parameters are added up in double. stream is not used on the CPU. */

/* The mean of each column and its biased variance: the mean of squared deviations. rows is 1 or more. */
SPC_API spc_status spc_norm_statistics(const spc_matrix *input, void *stream, const spc_matrix *mean,
                                       const spc_matrix *variance);

/* output = activation((input - mean) / sqrt(variance + epsilon) * weight + bias + residual), where weight, bias and
 * residual may be NULL; 16-bit values are rounded once. output may be input itself, but no other matrix. */
SPC_API spc_status spc_norm_forward(const spc_matrix *input, const spc_matrix *mean, const spc_matrix *variance,
                                    double epsilon, const spc_matrix *weight, const spc_matrix *bias,
                                    const spc_matrix *residual, int32_t activation, void *stream,
                                    const spc_matrix *output);

/* statistics */
#define SPC_NORM_GIVEN 0    /* mean and variance are constants */
#define SPC_NORM_OF_INPUT 1 /* they were computed from input, and gradients flow to it through them */

/* The gradients of spc_norm_forward, each of which may be NULL. output shows which values SPC_RELU let through. Without
 * a residual it may be NULL and is then computed again. No gradient may share memory with another matrix. */
SPC_API spc_status spc_norm_backward(const spc_matrix *input, const spc_matrix *mean, const spc_matrix *variance,
                                     double epsilon, const spc_matrix *weight, const spc_matrix *bias,
                                     const spc_matrix *output, int32_t activation, int32_t statistics,
                                     const spc_matrix *grad_output, void *stream, const spc_matrix *grad_input,
                                     const spc_matrix *grad_weight, const spc_matrix *grad_bias,
                                     const spc_matrix *grad_residual);

#ifdef __cplusplus
}
#endif

#endif
