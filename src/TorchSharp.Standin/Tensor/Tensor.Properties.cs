using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private const int SparseLayout = 1;

        public long Dimensions => Info.Dimensions;

        public long ndim => Info.Dimensions;

        public long dim() => Info.Dimensions;

        public long NumberOfElements => Info.Elements;

        public long numel() => Info.Elements;

        public long ElementSize => Info.ElementSize;

        public long element_size() => Info.ElementSize;

        public ScalarType dtype => (ScalarType)Info.Dtype;

        public Device device
        {
            get
            {
                var info = Info;
                return new Device(
                    (DeviceType)info.DeviceType,
                    info.DeviceType == (int)DeviceType.CPU ? -1 : info.DeviceIndex
                );
            }
        }

        public DeviceType device_type => (DeviceType)Info.DeviceType;

        public int device_index => Info.DeviceIndex;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_sparse => Info.Layout == SparseLayout;

        public bool is_leaf => Info.IsLeaf != 0;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public bool is_nonzero() =>
            numel() == 1
                ? Aten.CallBool("is_nonzero", this)
                : throw new InvalidOperationException("is_nonzero() called on non-singleton tensor");

        public unsafe bool is_contiguous()
        {
            int result;
            Native.Check(Native.standin_tensor_is_contiguous(Handle, &result), this);
            return result != 0;
        }

        public unsafe bool is_pinned()
        {
            int result;
            Native.Check(Native.standin_tensor_is_pinned(Handle, &result), this);
            return result != 0;
        }

        public long[] shape => size();

        public unsafe long[] size()
        {
            var sizes = new long[Info.Dimensions];
            fixed (long* first = sizes)
            {
                Native.Check(Native.standin_tensor_sizes(Handle, first), this);
            }
            return sizes;
        }

        public long size(int dim) => Dimension(size(), dim);

        public unsafe long[] stride()
        {
            var strides = new long[Info.Dimensions];
            fixed (long* first = strides)
            {
                Native.Check(Native.standin_tensor_strides(Handle, first), this);
            }
            return strides;
        }

        public long stride(int dim) => Dimension(stride(), dim);

        private unsafe TensorInfo Info
        {
            get
            {
                TensorInfo info;
                Native.Check(Native.standin_tensor_info(Handle, &info), this);
                return info;
            }
        }

        private static long Dimension(long[] values, int dim)
        {
            if (dim < -values.Length || dim >= values.Length)
            {
                throw new System.Runtime.InteropServices.ExternalException(
                    $"Dimension out of range (expected to be in range of [{-values.Length}, {values.Length - 1}], but got {dim})"
                );
            }
            return values[dim < 0 ? dim + values.Length : dim];
        }
    }
}
