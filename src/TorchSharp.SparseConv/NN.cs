namespace TorchSharp.SparseConv;

/// <summary>
/// Makes the sparse layers members of torch.nn, so that <c>nn.SubMConv3d(...)</c> reads like its neighbours. Each
/// family's members stand beside its layers.
/// </summary>
public static partial class NN;
