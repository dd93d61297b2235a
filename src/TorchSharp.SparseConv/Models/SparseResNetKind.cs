namespace TorchSharp.SparseConv;

/// <summary>The depth of a <see cref="SparseResNet"/>, by the residual blocks of the ResNet of that name.</summary>
public enum SparseResNetKind
{
    /// <summary>2, 2, 2, 2 basic blocks.</summary>
    ResNet18,

    /// <summary>3, 4, 6, 3 basic blocks.</summary>
    ResNet34,

    /// <summary>3, 4, 6, 3 bottleneck blocks, which give four times the channels.</summary>
    ResNet50,
}
