namespace TorchSharp.SparseConv;

/// <content>Norms and channel attention.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>Batch normalization over active voxels; see <see cref="SparseConv.SparseBatchNorm"/>.</summary>
        public static SparseBatchNorm SparseBatchNorm(
            long num_features,
            double eps = 1e-5,
            double momentum = 0.1,
            bool affine = true,
            bool track_running_stats = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

        /// <summary>Layer normalization of each voxel; see <see cref="SparseConv.SparseLayerNorm"/>.</summary>
        public static SparseLayerNorm SparseLayerNorm(
            long num_features,
            double eps = 1e-5,
            bool elementwise_affine = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_features, eps, elementwise_affine, device, dtype);

        /// <summary>Group normalization of each scan; see <see cref="SparseConv.SparseGroupNorm"/>.</summary>
        public static SparseGroupNorm SparseGroupNorm(
            long num_groups,
            long num_channels,
            double eps = 1e-5,
            bool affine = true,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_groups, num_channels, eps, affine, device, dtype);

        /// <summary>Instance normalization of each scan; see <see cref="SparseConv.SparseInstanceNorm"/>.</summary>
        public static SparseInstanceNorm SparseInstanceNorm(
            long num_features,
            double eps = 1e-5,
            bool affine = false,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(num_features, eps, affine, device, dtype);

        /// <summary>Channel attention; see <see cref="SparseConv.SparseSqueezeExcitation"/>.</summary>
        public static SparseSqueezeExcitation SparseSqueezeExcitation(
            long channels,
            long reduction = 16,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(channels, reduction, device, dtype);
    }
}
