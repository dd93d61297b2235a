namespace TorchSharp.SparseConv;

/// <summary>The depth of a MinkUNet, named after the ResNet of as many layers.</summary>
public enum MinkUNetKind
{
    /// <summary>One basic block a stage.</summary>
    MinkUNet14,

    /// <summary>Two basic blocks a stage.</summary>
    MinkUNet18,

    /// <summary>2, 3, 4, 6 basic blocks down and 2 a stage up.</summary>
    MinkUNet34,

    /// <summary>2, 3, 4, 6 bottleneck blocks down and 2 a stage up.</summary>
    MinkUNet50,
}
