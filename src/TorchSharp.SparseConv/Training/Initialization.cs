using TorchSharp.Modules;

namespace TorchSharp.SparseConv;

/// <summary>
/// Draws the weight of a sparse convolution as torch.nn.init draws that of its dense twin. torch's own functions read
/// the fan from the order of PyTorch's axes, which is not that of a sparse kernel [taps, in / groups, out], and so draw
/// from the wrong range. Each function changes the weight in place, leaves the bias alone, and returns the weight.
/// </summary>
public static class Initialization
{
    extension(torch.nn.init)
    {
        /// <summary>
        /// Normal with standard deviation gain / sqrt(fan) (He et al. 2015), where a is the slope of a leaky ReLU.
        /// </summary>
        public static Parameter kaiming_normal_(
            SparseConvolution layer,
            double a = 0,
            torch.nn.init.FanInOut mode = torch.nn.init.FanInOut.FanIn,
            torch.nn.init.NonlinearityType nonlinearity = torch.nn.init.NonlinearityType.LeakyReLU
        ) => Normal(layer, torch.nn.init.calculate_gain(nonlinearity, a) / Math.Sqrt(Fan(layer, mode)));

        /// <summary>
        /// Uniform in +-gain * sqrt(3 / fan) (He et al. 2015), where a is the slope of a leaky ReLU.
        /// </summary>
        public static Parameter kaiming_uniform_(
            SparseConvolution layer,
            double a = 0,
            torch.nn.init.FanInOut mode = torch.nn.init.FanInOut.FanIn,
            torch.nn.init.NonlinearityType nonlinearity = torch.nn.init.NonlinearityType.LeakyReLU
        ) => Uniform(layer, torch.nn.init.calculate_gain(nonlinearity, a) * Math.Sqrt(3 / Fan(layer, mode)));

        /// <summary>
        /// Normal with standard deviation gain * sqrt(2 / (fan in + fan out)) (Glorot and Bengio 2010).
        /// </summary>
        public static Parameter xavier_normal_(SparseConvolution layer, double gain = 1) =>
            Normal(layer, gain * Math.Sqrt(2 / BothFans(layer)));

        /// <summary>Uniform in +-gain * sqrt(6 / (fan in + fan out)) (Glorot and Bengio 2010).</summary>
        public static Parameter xavier_uniform_(SparseConvolution layer, double gain = 1) =>
            Uniform(layer, gain * Math.Sqrt(6 / BothFans(layer)));
    }

    private static double Fan(SparseConvolution layer, torch.nn.init.FanInOut mode)
    {
        ArgumentNullException.ThrowIfNull(layer);
        var (fanIn, fanOut) = layer.Fans;
        return mode == torch.nn.init.FanInOut.FanIn ? fanIn : fanOut;
    }

    private static double BothFans(SparseConvolution layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Fans.In + layer.Fans.Out;
    }

    private static Parameter Normal(SparseConvolution layer, double deviation)
    {
        using var untracked = torch.no_grad();
        layer.weight.normal_(0, deviation);
        return layer.weight;
    }

    private static Parameter Uniform(SparseConvolution layer, double bound)
    {
        using var untracked = torch.no_grad();
        layer.weight.uniform_(-bound, bound);
        return layer.weight;
    }
}
