namespace TorchSharp.SparseConv.Data.Scenes;

// SemanticKITTI's learning classes that occur in generated streets.
internal static class Label
{
    public const int Unlabeled = 0;
    public const int Car = 1;
    public const int Truck = 4;
    public const int Person = 6;
    public const int Road = 9;
    public const int Parking = 10;
    public const int Sidewalk = 11;
    public const int Building = 13;
    public const int Fence = 14;
    public const int Vegetation = 15;
    public const int Trunk = 16;
    public const int Terrain = 17;
    public const int Pole = 18;
    public const int TrafficSign = 19;
}
