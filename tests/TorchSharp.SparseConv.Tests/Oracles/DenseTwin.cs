namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>
/// The same layer in PyTorch's own operators, on the densified input. Knows of the product only the weight's layout:
/// [taps, in / groups, out], taps row-major. A twin of an unbounded lattice is embedded with a margin wide enough for all reach.
/// </summary>
internal sealed class DenseTwin(int[] kernel, int[] stride, int[] dilation, int[] padding, long groups = 1)
{
    private int Dimensions => kernel.Length;

    /// <summary>Dense [B, C, d0, ...] from rows, differentiable; row r goes to cell r - origin.</summary>
    internal static torch.Tensor Densify(
        torch.Tensor features,
        IReadOnlyList<int[]> rows,
        int batches,
        int[] origin,
        int[] shape
    )
    {
        var volume = shape.Aggregate(batches, (product, size) => product * size);
        var empty = torch.zeros(new[] { volume, features.shape[1] }, features.dtype);
        long[] dense = [batches, .. shape.Select(size => (long)size), features.shape[1]];
        long[] channelsFirst = [0, shape.Length + 1, .. Enumerable.Range(1, shape.Length).Select(axis => (long)axis)];
        var cells = torch.tensor(rows.Select(row => Cell(row, origin, shape)).ToArray(), torch.ScalarType.Int64);
        return empty.index_copy(0, cells, features).view(dense).permute(channelsFirst);
    }

    /// <summary>The rows of a dense tensor [B, C, d0, ...] at given coordinates, differentiable.</summary>
    internal static torch.Tensor Read(torch.Tensor dense, IReadOnlyList<int[]> rows, int[] origin)
    {
        var shape = dense.shape.Skip(2).Select(size => (int)size).ToArray();
        long[] channelsLast = [0, .. Enumerable.Range(2, shape.Length).Select(axis => (long)axis), 1];
        var cells = torch.tensor(rows.Select(row => Cell(row, origin, shape)).ToArray(), torch.ScalarType.Int64);
        return dense.permute(channelsLast).reshape(-1, dense.shape[1]).index_select(0, cells);
    }

    /// <summary>The coordinates whose cells are not zero in the first channel.</summary>
    internal static HashSet<string> Active(torch.Tensor dense, int[] origin)
    {
        var indices = dense.select(1, 0).nonzero();
        var width = 1 + origin.Length;
        return
        [
            .. indices
                .reshape(-1)
                .data<long>()
                .ToArray()
                .Chunk(width)
                .Select(row => Tensors.Key(row.Select((value, i) => (int)value + (i == 0 ? 0 : origin[i - 1])))),
        ];
    }

    internal torch.Tensor Convolve(torch.Tensor dense, torch.Tensor weight, torch.Tensor? bias)
    {
        var (input, output) = (weight.shape[1], weight.shape[2]);
        long[] grid = [.. kernel.Select(size => (long)size), input, output];
        long[] order = [Dimensions + 1, Dimensions, .. Enumerable.Range(0, Dimensions).Select(axis => (long)axis)];
        var kernelFirst = weight.view(grid).permute(order);
        return Dimensions switch
        {
            1 => torch.nn.functional.conv1d(dense, kernelFirst, bias, stride[0], padding[0], dilation[0], groups),
            2 => torch.nn.functional.conv2d(
                dense,
                kernelFirst,
                bias,
                Long(stride),
                Long(padding),
                Long(dilation),
                groups
            ),
            _ => torch.nn.functional.conv3d(
                dense,
                kernelFirst,
                bias,
                Long(stride),
                Long(padding),
                Long(dilation),
                groups
            ),
        };
    }

    internal torch.Tensor Transpose(torch.Tensor dense, torch.Tensor weight, torch.Tensor? bias, int[] outputPadding)
    {
        var (perGroup, output) = (weight.shape[1], weight.shape[2]);
        long[] grid = [.. kernel.Select(size => (long)size), perGroup, groups, output / groups];
        long[] order =
        [
            Dimensions + 1,
            Dimensions,
            Dimensions + 2,
            .. Enumerable.Range(0, Dimensions).Select(axis => (long)axis),
        ];
        long[] twin = [groups * perGroup, output / groups, .. kernel.Select(size => (long)size)];
        var kernelLast = weight.view(grid).permute(order).reshape(twin);
        return Dimensions switch
        {
            1 => torch.nn.functional.conv_transpose1d(
                dense,
                kernelLast,
                bias,
                stride[0],
                padding[0],
                outputPadding[0],
                dilation[0],
                groups
            ),
            2 => torch.nn.functional.conv_transpose2d(
                dense,
                kernelLast,
                bias,
                Long(stride),
                Long(padding),
                Long(outputPadding),
                Long(dilation),
                groups
            ),
            _ => torch.nn.functional.conv_transpose3d(
                dense,
                kernelLast,
                bias,
                Long(stride),
                Long(padding),
                Long(outputPadding),
                Long(dilation),
                groups
            ),
        };
    }

    private static long Cell(int[] row, int[] origin, int[] shape)
    {
        long cell = row[0];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            var index = row[1 + axis] - origin[axis];
            Assert.That(index, Is.InRange(0, shape[axis] - 1), "a row outside of its dense twin");
            cell = (cell * shape[axis]) + index;
        }

        return cell;
    }

    private static long[] Long(int[] values) => [.. values.Select(value => (long)value)];
}
