using System.Numerics;

namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>A matrix of float, double or Half for calls on a device.</summary>
internal sealed class Matrix<T>
    where T : unmanaged, INumber<T>
{
    private readonly DeviceArray<T> _elements;
    private readonly Backend _backend;

    internal Matrix(long rows, long columns, Backend backend = Backend.Cpu)
    {
        _elements = new DeviceArray<T>(backend, rows * columns);
        _backend = backend;
        Rows = rows;
        Columns = columns;
    }

    internal T[] Data => _elements.Host;

    internal long Rows { get; }

    internal long Columns { get; }

    internal MatrixView View =>
        new(
            _elements.Address,
            Rows,
            Columns,
            typeof(T) == typeof(float) ? ElementType.Float32
                : typeof(T) == typeof(double) ? ElementType.Float64
                : ElementType.Float16,
            (int)_backend
        );

    internal static Matrix<T> Random(long rows, long columns, int seed, Backend backend = Backend.Cpu)
    {
        var random = new Random(seed);
        var matrix = new Matrix<T>(rows, columns, backend);
        for (var index = 0; index < matrix.Data.Length; index++)
        {
            matrix.Data[index] = T.CreateTruncating((random.NextDouble() * 2) - 1);
        }

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
