namespace TorchSharp.SparseConv.Data;

/// <summary>Numbers of one type in a dense array of any number of axes, row-major: the last axis runs fastest. The values are kept, not copied.</summary>
public sealed class NumberArray
{
    private readonly int[] _shape;

    /// <summary>Takes a one-dimensional array of a <see cref="NumberType"/>, and the size of each axis; no axis at all is a single number.</summary>
    /// <exception cref="ArgumentException">The array is of another type, a size is negative, or their product is not the array's length.</exception>
    public NumberArray(Array values, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(values);
        var type = values.Rank == 1 ? NumberTypes.Of(values.GetType().GetElementType()!) : null;
        Type =
            type
            ?? throw new ArgumentException(
                $"values is {values.GetType()}, must be a one-dimensional array of numbers",
                nameof(values)
            );
        var count = 1L;
        foreach (var size in shape)
        {
            if (size < 0)
            {
                throw new ArgumentException(
                    $"shape is ({string.Join(", ", shape.ToArray())}), sizes must not be negative",
                    nameof(shape)
                );
            }
            count = Math.Min(count, int.MaxValue) * size;
        }
        if (count != values.Length)
        {
            throw new ArgumentException(
                $"values has {values.Length} entries, shape ({string.Join(", ", shape.ToArray())}) has {count}",
                nameof(values)
            );
        }
        Values = values;
        _shape = shape.ToArray();
    }

    /// <summary>The type of the numbers.</summary>
    public NumberType Type { get; }

    /// <summary>The size of each axis, the slowest first.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>The numbers: a one-dimensional array whose element type is that of <see cref="Type"/>.</summary>
    public Array Values { get; }

    /// <summary>How many numbers there are.</summary>
    public int Count => Values.Length;

    /// <summary>The numbers as an array of their own type, not copied.</summary>
    /// <exception cref="InvalidOperationException">They are of another type.</exception>
    public T[] As<T>()
        where T : unmanaged =>
        Values.GetType() == typeof(T[])
            ? (T[])Values
            : throw new InvalidOperationException($"the numbers are {Type}, asked for {typeof(T).Name}");

    /// <summary>The nearest 32-bit floats; the array itself, not a copy, where it holds them already.</summary>
    public float[] ToSingle() => NumberTypes.Convert<float>(Values);

    /// <summary>The nearest 64-bit floats; the array itself, not a copy, where it holds them already.</summary>
    public double[] ToDouble() => NumberTypes.Convert<double>(Values);

    /// <summary>The same numbers as 32-bit integers; the array itself, not a copy, where it holds them already.</summary>
    /// <exception cref="InvalidOperationException">A number is no integer or out of range.</exception>
    public int[] ToInt32() =>
        NumberTypes.ConvertExactly<int>(Values, out var misfit)
        ?? throw new InvalidOperationException(
            $"entry {misfit} is {Values.GetValue(misfit)}, which is no 32-bit integer"
        );

    /// <summary>Type and shape, as Float32 (120, 3).</summary>
    public override string ToString() => $"{Type} ({string.Join(", ", _shape)})";
}
