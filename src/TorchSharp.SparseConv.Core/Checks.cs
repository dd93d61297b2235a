using System.Diagnostics;

namespace TorchSharp.SparseConv.Core;

/// <summary>
/// Refuses arguments before anything changes. Each message names the argument, its value and what is allowed. The
/// engine's own checks guard its memory; these give the caller a name and a sentence.
/// </summary>
[StackTraceHidden]
internal static class Checks
{
    internal static void Dimensions(int dimensions, string name)
    {
        if (dimensions is < 1 or > PerAxis.MaxCount)
        {
            throw new ArgumentOutOfRangeException(
                name,
                dimensions,
                $"{name} is {dimensions}, must be 1 to {PerAxis.MaxCount}."
            );
        }
    }

    internal static PerAxis AtLeast(int least, PerAxis values, string name)
    {
        for (var axis = 0; axis < values.Count; axis++)
        {
            if (values[axis] < least)
            {
                throw new ArgumentOutOfRangeException(
                    name,
                    values,
                    $"{name} is {values}, must be {least} or more on every axis."
                );
            }
        }
        return values;
    }

    internal static int Int32(long value, string name)
    {
        if (value is < int.MinValue or > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} gives {value}, which is beyond 32 bits.");
        }

        return (int)value;
    }

    internal static void Geometry(KernelGeometry geometry, string name)
    {
        if (geometry.Dimensions == 0)
        {
            throw new ArgumentException(
                $"{name} is empty, must be made by KernelGeometry.Create or Submanifold.",
                name
            );
        }
    }

    internal static void Geometry(KernelGeometry geometry, int dimensions, string name)
    {
        Geometry(geometry, name);
        if (geometry.Dimensions != dimensions)
        {
            throw new ArgumentException(
                $"{name} has {geometry.Dimensions} dimensions, must have the coordinate manager's {dimensions}.",
                name
            );
        }
    }

    internal static void Defined<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}, must be one of {string.Join(", ", Enum.GetNames<T>())}."
            );
        }
    }

    internal static PerAxis Product(PerAxis stride, PerAxis factor, string name)
    {
        Span<int> product = stackalloc int[stride.Count];
        for (var axis = 0; axis < stride.Count; axis++)
        {
            var value = (long)stride[axis] * factor[axis];
            if (value > int.MaxValue)
            {
                throw new ArgumentException(
                    $"{name} has stride {factor} over a level with stride {stride}, must keep the product within 32 bits.",
                    name
                );
            }

            product[axis] = (int)value;
        }
        return new PerAxis(product);
    }

    internal static PerAxis Quotient(PerAxis stride, PerAxis divisor, string name)
    {
        Span<int> quotient = stackalloc int[stride.Count];
        for (var axis = 0; axis < stride.Count; axis++)
        {
            if (stride[axis] % divisor[axis] != 0)
            {
                throw new ArgumentException(
                    $"{name} has stride {stride}, must be a multiple of the geometry's stride {divisor}: give the level its "
                        + "stride when its coordinates are inserted.",
                    name
                );
            }

            quotient[axis] = stride[axis] / divisor[axis];
        }
        return new PerAxis(quotient);
    }

    /// <summary>
    /// The number of points, from the number of elements in arrays points [n, dimensions] and batch [n], or [0] for none.
    /// </summary>
    internal static long Points(long points, long batch, int dimensions)
    {
        if (points % dimensions != 0)
        {
            throw new ArgumentException($"points has {points} elements, must be rows of {dimensions}.", nameof(points));
        }

        var count = points / dimensions;
        if (batch > 0 && batch != count)
        {
            throw new ArgumentException(
                $"batch has {batch} elements, must have one for each of {count} points, or none.",
                nameof(batch)
            );
        }

        return count;
    }

    internal static void Finite(ReadOnlySpan<double> points, int dimensions, string name)
    {
        for (var i = 0; i < points.Length; i++)
        {
            if (!double.IsFinite(points[i]))
            {
                throw new ArgumentException(
                    $"{name} has {points[i]} on axis {i % dimensions} of point {i / dimensions}, must be finite.",
                    name
                );
            }
        }
    }

    internal static long CoordinateRows(ArrayView<int> coordinates, int dimensions, int device, string name)
    {
        var columns = 1 + dimensions;
        if (coordinates.Length % columns != 0)
        {
            throw new ArgumentException(
                $"{name} has {coordinates.Length} elements, must be rows of {columns}: the batch index and {dimensions} axes.",
                name
            );
        }

        Array(coordinates, coordinates.Length, device, name);
        return coordinates.Length / columns;
    }

    /// <summary>
    /// Refuses an array of another length, without an address, or neither on the device given nor on the host.
    /// </summary>
    internal static void Array<T>(ArrayView<T> array, long length, int device, string name)
        where T : unmanaged
    {
        if (array.Device != -1 && array.Device != device)
        {
            throw new ArgumentException(
                $"{name} is on {DeviceName(array.Device)}, must be on {DeviceName(device)} or in host memory.",
                name
            );
        }

        if (array.Length != length)
        {
            throw new ArgumentException($"{name} has {array.Length} elements, must have {length}.", name);
        }

        if (array.Data == 0 && length > 0)
        {
            throw new ArgumentException($"{name} has no address, must have one for {length} elements.", name);
        }
    }

    /// <summary>A device in words.</summary>
    internal static string DeviceName(int device) => device == -1 ? "the CPU" : $"CUDA device {device}";

    /// <summary>Refuses a device that is not there, saying why.</summary>
    internal static void Device(int device, string name)
    {
        if (device < -1)
        {
            throw new ArgumentOutOfRangeException(
                name,
                device,
                $"{name} is {device}, must be -1 for the CPU or the index of a CUDA device."
            );
        }

        if (device == -1)
        {
            return;
        }

        if (SparseConvRuntime.CudaFailure is { } reason)
        {
            throw new SparseConvException(Status.Device, reason);
        }

        if (device >= SparseConvRuntime.CudaDevices.Count)
        {
            throw new ArgumentOutOfRangeException(
                name,
                device,
                $"{name} is {device}, must be below the {SparseConvRuntime.CudaDevices.Count} CUDA devices that there are."
            );
        }
    }
}
