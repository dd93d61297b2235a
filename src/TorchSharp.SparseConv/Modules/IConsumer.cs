namespace TorchSharp.SparseConv;

/// <summary>A module that can be given its input for good.</summary>
internal interface IConsumer
{
    /// <summary>What forward gives; the input is disposed as soon as it was read for the last time.</summary>
    SparseTensor Consume(SparseTensor input);
}
