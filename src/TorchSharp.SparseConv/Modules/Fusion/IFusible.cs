namespace TorchSharp.SparseConv;

/// <summary>A module that runs convolutions with what follows them, and can do so in one call.</summary>
internal interface IFusible
{
    /// <summary>
    /// Finds the convolutions that a batch norm or a ReLU follows here, apart from those inside of registered modules,
    /// and runs each as a unit from now on.
    /// </summary>
    IEnumerable<ConvolutionUnit> FindUnits();
}
