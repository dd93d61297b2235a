namespace TorchSharp.Interop;

/// <summary>What a boxed value holds; mirrors standin::Kind.</summary>
internal enum ValueKind
{
    None,
    Default,
    Tensor,
    TensorList,
    OptionalTensorList,
    Int,
    IntList,
    Double,
    DoubleList,
    Bool,
    Complex,
    Device,
    String,
    Generator,
}
