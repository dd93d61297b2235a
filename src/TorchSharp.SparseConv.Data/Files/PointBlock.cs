namespace TorchSharp.SparseConv.Data.Files;

// Arrays for some points of a file: a column for each property, and the same arrays as positions and attributes.
internal readonly record struct PointBlock(PointColumn[] Columns, Array Positions, List<PointAttribute> Attributes);
