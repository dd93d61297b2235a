// Included before the tests of the C ABI, so that they run on CUDA device 0 as they are: what is made on the CPU there
// is made on the device here, and the matrices of a call, which the tests hold in host memory, are on the device during
// it.
#pragma once

#include "sparseconv.h"

namespace on_device {

decltype(::spc_map_create) map_create;
decltype(::spc_map_create_merged) map_create_merged;
decltype(::spc_links_create_from_rows) links_create_from_rows;
decltype(::spc_convolution_forward) convolution_forward;
decltype(::spc_convolution_backward_input) convolution_backward_input;
decltype(::spc_convolution_backward_weight) convolution_backward_weight;
decltype(::spc_pooling_forward) pooling_forward;
decltype(::spc_pooling_backward) pooling_backward;
decltype(::spc_interpolation_forward) interpolation_forward;
decltype(::spc_interpolation_backward) interpolation_backward;
decltype(::spc_splat_forward) splat_forward;
decltype(::spc_splat_backward) splat_backward;

}  // namespace on_device

#if !defined(SPC_ON_DEVICE_ITSELF)
#define spc_map_create on_device::map_create
#define spc_map_create_merged on_device::map_create_merged
#define spc_links_create_from_rows on_device::links_create_from_rows
#define spc_convolution_forward on_device::convolution_forward
#define spc_convolution_backward_input on_device::convolution_backward_input
#define spc_convolution_backward_weight on_device::convolution_backward_weight
#define spc_pooling_forward on_device::pooling_forward
#define spc_pooling_backward on_device::pooling_backward
#define spc_interpolation_forward on_device::interpolation_forward
#define spc_interpolation_backward on_device::interpolation_backward
#define spc_splat_forward on_device::splat_forward
#define spc_splat_backward on_device::splat_backward
#endif
