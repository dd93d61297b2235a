using TorchSharp;
using TorchSharp.SparseConv;

namespace SparseDigits;

/// <summary>Grey images of 28 x 28 pixels, 0 where the paper is blank, and the digit that each shows.</summary>
internal sealed class Digits(byte[] pixels, int[] labels)
{
    public const int Size = 28;
    public const int Classes = 10;

    // So that four halvings end in one site: 32, 16, 8, 4, and a kernel of 4.
    public const int Canvas = 32;

    private const int Margin = (Canvas - Size) / 2;

    public int Count => labels.Length;

    public ReadOnlySpan<byte> Image(int index) => pixels.AsSpan(index * Size * Size, Size * Size);

    public int Label(int index) => labels[index];

    /// <summary>The first count digits, or all where there are fewer.</summary>
    public Digits Take(int count) =>
        count >= Count ? this : new Digits(pixels[..(count * Size * Size)], labels[..count]);

    /// <summary>The inked pixels of some digits, with their grey from 0 to 1 as the only channel.</summary>
    public SparseTensor Batch(IReadOnlyList<int> indices)
    {
        using var scope = torch.NewDisposeScope();
        var canvas = new float[indices.Count * Canvas * Canvas];
        foreach (var (scan, index) in indices.Index())
        {
            var image = Image(index);
            for (var pixel = 0; pixel < image.Length; pixel++)
            {
                var (row, column) = Math.DivRem(pixel, Size);
                canvas[((((scan * Canvas) + row + Margin) * Canvas) + column) + Margin] = image[pixel] / 255f;
            }
        }
        var dense = torch.tensor(canvas, [indices.Count, 1, Canvas, Canvas]);
        return SparseTensor.from_dense(dense).MoveToOuterDisposeScope();
    }

    /// <summary>The digits that some images show, int64.</summary>
    public torch.Tensor Labels(IEnumerable<int> indices) =>
        torch.tensor([.. indices.Select(index => (long)labels[index])], torch.ScalarType.Int64);
}
