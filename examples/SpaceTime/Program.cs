using SpaceTime;

return MotionCommand.Create().Run(args, Console.Out, Console.Error);
