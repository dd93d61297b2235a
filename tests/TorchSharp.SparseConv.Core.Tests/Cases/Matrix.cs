using System.Numerics;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>A pinned matrix of float or double.</summary>
internal sealed unsafe class Matrix<T>
    where T : unmanaged, INumber<T>
{
    internal Matrix(long rows, long columns)
    {
        Data = GC.AllocateArray<T>(checked((int)(rows * columns)), pinned: true);
        Rows = rows;
        Columns = columns;
    }

    internal T[] Data { get; }

    internal long Rows { get; }

    internal long Columns { get; }

    internal MatrixView View
    {
        get
        {
            fixed (T* first = Data)
                return new(
                    (nint)first,
                    Rows,
                    Columns,
                    typeof(T) == typeof(float) ? ElementType.Float32 : ElementType.Float64
                );
        }
    }

    internal static Matrix<T> Random(long rows, long columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new Matrix<T>(rows, columns);
        for (var index = 0; index < matrix.Data.Length; index++)
            matrix.Data[index] = T.CreateTruncating((random.NextDouble() * 2) - 1);
        return matrix;
    }

    /// <summary>The numbers as they are held, in double.</summary>
    internal double[] ToDouble() => [.. Data.Select(value => double.CreateTruncating(value))];

    /// <summary>Sets every element, to see that all of them are overwritten.</summary>
    internal Matrix<T> Fill(double value)
    {
        Array.Fill(Data, T.CreateTruncating(value));
        return this;
    }
}
