namespace TorchSharp.SparseConv;

/// <summary>A pickle's description of a tensor: elements of a storage, from an offset on, with strides.</summary>
internal sealed class PickledTensor(PickledStorage storage, long offset, long[] shape, long[] strides)
{
    internal PickledStorage Storage { get; } = storage;

    internal long Offset { get; } = offset;

    internal long[] Shape { get; } = shape;

    internal long[] Strides { get; } = strides;

    /// <summary>
    /// Throws InvalidDataException where the tensor has more elements than, or some outside of, its storage.
    /// </summary>
    internal void RequireInside()
    {
        var elements = Shape.Length == Strides.Length ? ElementTypes.Elements(Shape, 1) : null;
        var last = (Int128)Offset;
        for (var axis = 0; elements is not null && axis < Shape.Length; axis++)
        {
            last += (Int128)Math.Max(Shape[axis] - 1, 0) * Strides[axis];
        }

        if (
            elements is null
            || Offset < 0
            || Strides.Any(stride => stride < 0)
            || elements > Storage.Elements
            || (elements > 0 && last >= Storage.Elements)
        )
        {
            throw new InvalidDataException(
                $"a tensor of shape {Shapes.Text(Shape)}, strides {Shapes.Text(Strides)} and offset {Offset} "
                    + $"does not lie inside its storage of {Storage.Elements} elements."
            );
        }
    }
}
