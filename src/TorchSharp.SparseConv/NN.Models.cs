using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>A residual network that classifies whole scans; see <see cref="SparseConv.SparseResNet"/>.</summary>
        public static SparseResNet SparseResNet(
            SparseResNetKind kind,
            long in_channels,
            long out_channels,
            double width = 1.0,
            PerAxis? stem_kernel = null,
            PerAxis? down_kernel = null,
            int dimensions = 3,
            GlobalPooling pooling = GlobalPooling.Average,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(kind, in_channels, out_channels, width, stem_kernel, down_kernel, dimensions, pooling, device, dtype);

        /// <summary>The trunk of a residual network; see <see cref="SparseConv.SparseResNetEncoder"/>.</summary>
        public static SparseResNetEncoder SparseResNetEncoder(
            SparseResNetKind kind,
            long in_channels,
            double width = 1.0,
            PerAxis? stem_kernel = null,
            PerAxis? down_kernel = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(kind, in_channels, width, stem_kernel, down_kernel, dimensions, device, dtype);

        /// <summary>The encoder of SECOND; see <see cref="SparseConv.SecondEncoder"/>.</summary>
        public static SecondEncoder SecondEncoder(
            long in_channels,
            IReadOnlyList<long>? channels = null,
            int layers = 2,
            PerAxis? kernel_size = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, channels, layers, kernel_size, dimensions, device, dtype);

        /// <summary>A feature pyramid over an encoder; see <see cref="SparseConv.SparseFPN"/>.</summary>
        public static SparseFPN SparseFPN(
            SparseEncoder encoder,
            long out_channels,
            int finest = 1,
            PerAxis? kernel_size = null,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(encoder, out_channels, finest, kernel_size, device, dtype);
    }
}
