namespace TorchSharp.SparseConv.Tool.Models;

/// <summary>Which numbers labels are, in the file that is read and in those that are written.</summary>
internal enum LabelNumbers
{
    /// <summary>Those that the model's config.json gives to each class.</summary>
    Model,

    /// <summary>The classes' indices.</summary>
    Class,
}
