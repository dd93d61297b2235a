using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <content>Points beside voxels.</content>
public static partial class NN
{
    extension(torch.nn)
    {
        /// <summary>The point-voxel network; see <see cref="SparseConv.SPVCNN"/>.</summary>
        public static SPVCNN SPVCNN(
            long in_channels,
            long out_channels,
            double width = 1.0,
            InterpolationRule? rule = null,
            int dimensions = 3,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, width, rule, dimensions, device, dtype);

        /// <summary>
        /// Where points take the features of voxels and add their own; see <see cref="SparseConv.PointVoxelBlock"/>.
        /// </summary>
        public static PointVoxelBlock PointVoxelBlock(
            long in_channels,
            long out_channels,
            InterpolationRule? rule = null,
            double norm_eps = 1e-5,
            double norm_momentum = 0.1,
            torch.Device? device = null,
            torch.ScalarType? dtype = null
        ) => new(in_channels, out_channels, rule, norm_eps, norm_momentum, device, dtype);
    }
}
