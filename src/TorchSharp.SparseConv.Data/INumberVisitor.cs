using System.Numerics;

namespace TorchSharp.SparseConv.Data;

// What is done with numbers whose type is known only when it runs: written once, for every type.
internal interface INumberVisitor<out TResult>
{
    TResult Visit<T>(T[] values)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>;
}
