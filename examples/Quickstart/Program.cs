#region Quickstart
using TorchSharp;
using TorchSharp.SparseConv;
using static TorchSharp.torch;

var points = rand(20_000, 3) * 10; // metres
var labels = points.select(1, 2).gt(5).to_type(ScalarType.Int64); // is it in the upper half?

using var net = nn.SparseSequential(
    nn.SubMConv3d(3, 16, kernel_size: 3),
    nn.BatchNorm1d(16),
    nn.ReLU(),
    nn.SparseConv3d(16, 32, kernel_size: 2, stride: 2),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.SparseConvTranspose3d(32, 2, kernel_size: 2, stride: 2)
); // back to the voxels of the input
var optimizer = optim.AdamW(net.parameters(), lr: 0.01);

for (var step = 0; step < 20; step++)
{
    using var scope = NewDisposeScope();
    var x = SparseTensor.from_points(points, points, voxel_size: 0.25, out var voxel);
    var logits = net.call(x).features.index_select(0, voxel); // one row a point again
    var loss = nn.functional.cross_entropy(logits, labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    Console.WriteLine($"step {step}: loss {loss.item<float>():F4}, {x}");
}
#endregion
